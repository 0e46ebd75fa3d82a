;; Asks for files, sockets and the environment beside what is granted.
(component
    (import "wasi:http/types@0.2.0" (instance))
    (import "wasi:filesystem/preopens@0.2.0" (instance))
    (import "wasi:sockets/tcp@0.2.0" (instance))
    (import "wasi:cli/environment@0.2.0" (instance))
    (import "wasi:random/random@0.2.0" (instance))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
