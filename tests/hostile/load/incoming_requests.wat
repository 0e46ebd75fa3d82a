;; Wants to be a server, and to be sent requests.
(component
    (import "wasi:http/incoming-handler@0.2.0" (instance))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
