module backend.ai/metric

go 1.19
