//! Attacks on the machine: its processors, its memory, its log, its patience.

mod answers_held;
mod answers_left_lying;
mod bodies_held;
mod busy_clock;
mod connections_held;
mod deep_recursion;
mod drip;
mod endless_answer;
mod endless_loop;
mod gigabyte_list;
mod gigabyte_of_headers;
mod gigabyte_of_metadata;
mod handle_leak;
mod header_flood;
mod headers_one_by_one;
mod large_request;
mod log_flood;
mod log_of_texts;
mod long_head;
mod memory_bomb;
mod parallel_flood;
mod poll_a_million;
mod regexes_at_once;
mod request_flood;
mod sleep;
mod timer_leak;
mod waits_without_end;
mod zeroes;

named!(
    answers_held,
    answers_left_lying,
    bodies_held,
    busy_clock,
    connections_held,
    deep_recursion,
    drip,
    endless_answer,
    endless_loop,
    gigabyte_list,
    gigabyte_of_headers,
    gigabyte_of_metadata,
    handle_leak,
    header_flood,
    headers_one_by_one,
    large_request,
    log_flood,
    log_of_texts,
    long_head,
    memory_bomb,
    parallel_flood,
    poll_a_million,
    regexes_at_once,
    request_flood,
    sleep,
    timer_leak,
    waits_without_end,
    zeroes,
);
