;; Takes all places in a table it is given as soon as an instance is made. More than is granted, and it would compute for ever.
(component
    (core module $plugin
        (table 1 funcref)
        (start $start)
        (func $start
            (loop $more
                (br_if $more (i32.ne (table.grow (ref.null func) (i32.const 100)) (i32.const -1))))
            (loop (br_if 0 (i32.gt_u (table.size) (i32.const 20000))))
            unreachable)
    )
    (core instance (instantiate $plugin))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
