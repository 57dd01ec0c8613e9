//! Outbox: one worker holds a delivery at a time, what is unknown stays counted, and what was handed over is wiped.

mod lease;
mod lists;
mod settle;

use super::{Stores, promises};

pub use lease::*;
pub use lists::*;
pub use settle::*;

promises! { Stores:
    a_lease_carries_the_whole_delivery,
    a_delivery_is_held_by_one_worker,
    workers_at_once_share_without_overlap,
    a_crashed_workers_lease_is_taken_over,
    the_former_holder_is_fenced,
    a_higher_priority_goes_first_then_the_older,
    nothing_leaves_before_its_time,
    a_delivery_waits_until_its_predecessor_was_sent,
    a_predecessor_that_was_not_sent_keeps_its_follower_back,
    one_delivery_is_leased_by_its_name_even_before_its_time,
    the_next_due_time_is_told,
    an_attempt_is_unknown_until_it_is_settled,
    what_is_handed_over_is_held_and_begun_from_its_order_on,
    an_unknown_outcome_stays_counted,
    a_retry_waits_for_its_time,
    a_lease_ends_with_its_settlement,
    what_is_settled_for_good_is_wiped,
    what_is_parked_keeps_its_text,
    what_is_unparked_is_leased_again_with_its_tries_forgotten,
    a_letters_unknown_attempts_outlive_its_parking,
    only_what_is_parked_can_be_unparked,
    one_delivery_is_found_with_what_is_left_of_it,
    what_is_withdrawn_is_wiped_and_never_sent,
    a_withdrawal_fences_the_worker,
    where_several_stand_is_told_at_once,
    a_list_shows_what_was_asked_for,
    settled_rows_are_purged,
}
