//! Attacks on the caller: answers that break the contract.

mod columns_that_differ;
mod end_before_start;
mod fewer_answers;
mod labels_named_twice;
mod labels_without_names;
mod million_labels;
mod million_series;
mod no_step;
mod no_text;
mod page_that_follows_itself;
mod pages_in_a_circle;
mod pages_without_end;
mod piece_of_everything;
mod plan_of_all_time;
mod plan_without_step;
mod stream_beside_its_plan;
mod stream_of_ever_new_series;
mod stream_of_nothing;
mod stream_that_comes_round;
mod text_beyond_memory;
mod time_that_goes_back;
mod time_that_stands_still;

named!(
    columns_that_differ,
    end_before_start,
    fewer_answers,
    labels_named_twice,
    labels_without_names,
    million_labels,
    million_series,
    no_step,
    no_text,
    page_that_follows_itself,
    pages_in_a_circle,
    pages_without_end,
    piece_of_everything,
    plan_of_all_time,
    plan_without_step,
    stream_beside_its_plan,
    stream_of_ever_new_series,
    stream_of_nothing,
    stream_that_comes_round,
    text_beyond_memory,
    time_that_goes_back,
    time_that_stands_still,
);
