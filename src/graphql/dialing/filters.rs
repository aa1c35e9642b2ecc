//! Which packages, tasks, calls, tags and agents a list has.

use super::{CallResult, CallSource, TagType, TaskStatus, package_rule::PackageAssignedBy};
use crate::graphql::filter::{
    BooleanFilter, DateFilter, DateTimeFilter, DecimalFilter, IntFilter, RelatedFilter,
    StringFilter, WordFilter, compared_words, list_filter,
};

compared_words!(
    CallResult => crate::domain::dialing::CallResult,
    CallSource => crate::domain::dialing::CallSource,
    TagType => crate::domain::dialing::TagType,
    TaskStatus => crate::domain::dialing::TaskStatus,
    PackageAssignedBy => crate::domain::package_rules::AssignedBy,
);

list_filter! {
    /// Which packages. What is said of several fields holds together.
    LeadPackageFilter {
        ids {
            /// The package itself.
            id: LeadPackage,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// What people call it.
        name: StringFilter,
        /// Where the leads come from.
        source: StringFilter,
        /// The industry of the leads.
        industry: StringFilter,
        /// The region of the leads.
        region: StringFilter,
        /// How many leads it has.
        total_leads: IntFilter,
        /// How many of them can be dialled.
        valid_leads: IntFilter,
        /// Price of one lead, in yuan.
        cost_per_lead: DecimalFilter,
        /// Price of the package, in yuan.
        total_cost: DecimalFilter,
        /// The business day of createdAt.
        created_date: DateFilter,
        /// Counts its changes, from 1.
        version: IntFilter,
        /// When it was created here.
        created_at: DateTimeFilter,
        /// When it was last changed.
        updated_at: DateTimeFilter,
        /// The tasks that dial it.
        tasks: RelatedFilter<DialTaskFilter>,
    }
}

list_filter! {
    /// Which dial tasks. What is said of several fields holds together.
    DialTaskFilter {
        ids {
            /// The task itself.
            id: DialTask,
            /// The package whose leads it dials.
            package_id: LeadPackage,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// The id that its source has for the task.
        external_id: StringFilter,
        /// Who told us of it.
        source: WordFilter<CallSource>,
        /// What people call it.
        task_name: StringFilter,
        /// What it is about.
        description: StringFilter,
        /// When dialling was to start.
        start_time: DateTimeFilter,
        /// When dialling was to end.
        end_time: DateTimeFilter,
        /// Where it stands.
        status: WordFilter<TaskStatus>,
        /// What decided to which package it belongs.
        package_assigned_by: WordFilter<PackageAssignedBy>,
        /// How many packages claim it; 0 where a person decided.
        package_claims: IntFilter,
        /// Counts its changes, from 1.
        version: IntFilter,
        /// When it was first seen here.
        created_at: DateTimeFilter,
        /// When it was last changed.
        updated_at: DateTimeFilter,
        /// The package whose leads it dials: there is one, and it is like this.
        package: Box<LeadPackageFilter>,
        /// Its calls.
        calls: RelatedFilter<CallFilter>,
    }
}

list_filter! {
    /// Which calls. What is said of several fields holds together.
    CallFilter {
        ids {
            /// The call itself.
            id: Call,
            /// The task that dialled it.
            task_id: DialTask,
            /// The account that made it.
            agent_id: Agent,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// The id that its source has for the call.
        external_id: StringFilter,
        /// The number dialled. Those who see phone numbers masked can look a whole one up, by eq, 60
        /// times an hour.
        phone_number: StringFilter,
        /// When it was dialled.
        call_time: DateTimeFilter,
        /// The business day of callTime.
        call_date: DateFilter,
        /// The business hour of callTime, 0–23.
        call_hour: IntFilter,
        /// Seconds that it lasted, or rang where it did not connect.
        duration: IntFilter,
        /// How it ended.
        result: WordFilter<CallResult>,
        /// The grade as it was written.
        grade: StringFilter,
        /// What the grade catalogue makes of it.
        grade_code: StringFilter,
        /// Why the line was closed, in the platform's words.
        hangup_reason: StringFilter,
        /// Free text. Only for those who may see phone numbers.
        notes: StringFilter,
        /// The name of the person dialled.
        customer_name: StringFilter,
        /// Their company.
        company: StringFilter,
        /// The province of the number.
        province: StringFilter,
        /// The city of the number.
        city: StringFilter,
        /// The line it was dialled on.
        device_name: StringFilter,
        /// Where the recording is. Only for those who may see phone numbers.
        recording_url: StringFilter,
        /// What the platform billed for it, in yuan.
        billed_amount: DecimalFilter,
        /// Who told us of it.
        source: WordFilter<CallSource>,
        /// Counts its changes, from 1.
        version: IntFilter,
        /// When it was first stored here.
        created_at: DateTimeFilter,
        /// When what is stored here was last changed.
        updated_at: DateTimeFilter,
        /// When the platform was first found to have it no longer. Removed calls are left out
        /// unless this is asked for.
        removed_at: DateTimeFilter,
        /// The task that dialled it: there is one, and it is like this.
        task: Box<DialTaskFilter>,
        /// The account that made it: there is one, and it is like this.
        agent: Box<AgentFilter>,
        /// Its tags.
        tags: RelatedFilter<CallTagFilter>,
    }
}

list_filter! {
    /// Which tags of calls. What is said of several fields holds together.
    CallTagFilter {
        ids {
            /// The tag itself.
            id: CallTag,
            /// The call that earned it.
            call_id: Call,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// The question or field.
        tag_name: StringFilter,
        /// The answer.
        tag_value: StringFilter,
        /// Who gave it.
        tag_type: WordFilter<TagType>,
        /// When it was given.
        created_at: DateTimeFilter,
        /// The call that earned it is like this.
        call: Box<CallFilter>,
    }
}

list_filter! {
    /// Which agents. What is said of several fields holds together.
    AgentFilter {
        ids {
            /// The agent itself.
            id: Agent,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// The id that its source has for the account.
        external_id: StringFilter,
        /// Who told us of it.
        source: WordFilter<CallSource>,
        /// The account's name.
        name: StringFilter,
        /// Whether it is a seat.
        is_seat: BooleanFilter,
        /// When it was first seen here.
        created_at: DateTimeFilter,
        /// When it was last changed.
        updated_at: DateTimeFilter,
        /// Its calls.
        calls: RelatedFilter<CallFilter>,
    }
}

list_filter! {
    /// Which grades. What is said of several fields holds together.
    GradeFilter {
        ids {
            /// The grade itself.
            id: Grade,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// Its stable name.
        code: StringFilter,
        /// What people call it.
        label: StringFilter,
        /// What one call of this grade earns, in yuan.
        unit_price: DecimalFilter,
        /// Whether the person is interested.
        is_interested: BooleanFilter,
        /// Whether the call is a deal.
        is_success: BooleanFilter,
        /// Counts its changes, from 1.
        version: IntFilter,
        /// When it was created.
        created_at: DateTimeFilter,
        /// When it was last changed.
        updated_at: DateTimeFilter,
    }
}
