;; Has two memories, each as large as is granted to one.
(component
    (core module $plugin (memory 1))
    (core instance (instantiate $plugin))
    (core instance (instantiate $plugin))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
