;; Takes all memory it is given as soon as an instance is made. More than is granted, and it would compute for ever.
(component
    (core module $plugin
        (memory 1)
        (start $start)
        (func $start
            (loop $more
                (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            (loop (br_if 0 (i32.gt_u (memory.size) (i32.const 1024))))
            unreachable)
    )
    (core instance (instantiate $plugin))
    (instance $nothing)
    (export "backendai:metric/types@0.2.0" (instance $nothing))
    (export "backendai:metric/metric-service@0.2.0" (instance $nothing))
    (export "backendai:metric/codec@0.2.0" (instance $nothing))
)
