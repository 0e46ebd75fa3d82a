;; Claims to be a plugin of a later world.
(component
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
