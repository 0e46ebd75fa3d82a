;; A core module that names its functions as a plugin's are named, and is no component.
(module
    (memory (export "memory") 1)
    (func (export "backendai:metric/metric-service@0.2.0#query-metric") (param i32) (result i32) unreachable)
)
