;; Claims to be a plugin of a later world.
(component
    (instance $nothing)
    (export "backendai:metric/types@0.3.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.3.0" (instance $nothing))
    (export "backendai:metric/codec@0.3.0" (instance $nothing))
)
