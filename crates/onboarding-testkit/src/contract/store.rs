//! Store: the transaction as a value, and everything that is found without an id.

mod claims;
mod found;
mod repeats;
mod versions;
mod whole;

use super::{Stores, promises};

pub use claims::*;
pub use found::*;
pub use repeats::*;
pub use versions::*;
pub use whole::*;

promises! { Stores:
    an_inserted_aggregate_is_loaded_as_it_was,
    every_write_raises_the_version_by_one,
    a_second_insert_of_the_same_id_is_a_conflict,
    a_stale_write_is_a_conflict,
    a_write_over_what_does_not_exist_is_a_conflict,
    a_fact_that_moved_on_is_a_conflict,
    a_fact_of_version_zero_must_be_absent,
    a_record_is_a_fact_too,
    one_of_many_writers_at_once_wins,
    a_record_has_one_roster,
    nothing_of_a_conflict_is_visible,
    nothing_of_a_lost_claim_is_visible,
    nothing_of_a_duplicate_is_visible,
    nothing_of_a_fenced_step_is_visible,
    everything_of_a_step_is_visible,
    a_taken_claim_is_named,
    a_claim_leads_to_its_holder,
    a_claim_is_released_before_it_is_taken,
    a_claim_expected_to_be_free_is_a_conflict_once_it_is_held,
    a_claim_holds_within_its_portal_and_kind,
    one_of_many_takers_at_once_wins,
    a_token_is_found_under_any_presented_key,
    a_token_is_its_whole_digest,
    what_is_led_to_is_loaded_in_one_look,
    a_dead_token_still_leads_to_its_owner,
    a_command_is_replayed_for_a_day,
    a_command_is_carried_out_once,
    a_command_may_be_carried_out_again_after_a_day,
    a_duplicate_comes_before_a_conflict,
    one_of_many_repeats_at_once_is_carried_out,
    the_longest_overdue_comes_first,
    a_deadline_moves_with_its_aggregate,
    history_stands_in_order,
    consents_stand_in_order,
    memberships_are_related_to_account_and_record,
    open_registrations_are_related_to_their_record,
    a_roster_is_found_by_its_record,
    ended_registrations_are_purged_with_their_tokens,
    tokens_of_accounts_are_purged_after_a_month,
    proofs_of_nobody_are_pseudonymised_after_three_years,
    old_proofs_are_looked_at_round_by_round,
    old_trails_of_all_portals_are_purged,
    what_is_kept_is_what_the_installation_says,
    the_time_is_in_whole_microseconds,
    a_fresh_store_is_ready,
}
