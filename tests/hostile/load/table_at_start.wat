;; Begins with a table of ten million places.
(component
    (core module $plugin (table 10000000 funcref))
    (core instance (instantiate $plugin))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
