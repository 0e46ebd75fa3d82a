;; Begins with four gigabytes of memory.
(component
    (core module $plugin (memory 65536))
    (core instance (instantiate $plugin))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
