;; Waits for ever as soon as an instance is made.
(component
    (import "wasi:io/poll@0.2.0" (instance $poll
        (export "pollable" (type $pollable (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
    ))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type $pollable (eq $outer)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))
    ))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core module $plugin
        (import "host" "block" (func $block (param i32)))
        (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
        (start $start)
        (func $start (call $block (call $subscribe (i64.const -1))))
    )
    (core instance (instantiate $plugin
        (with "host" (instance (export "block" (func $block)) (export "subscribe" (func $subscribe))))
    ))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
