'use strict';
throw new Error("metric-service-node is an ES module: write `const { MetricService } = await import('metric-service-node')`, or use Node 20.19, 22.12 or later, where require() loads it");
