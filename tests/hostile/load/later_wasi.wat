;; Asks for what it may have, of a later version that may do more.
(component
    (import "wasi:http/types@0.3.0" (instance))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
