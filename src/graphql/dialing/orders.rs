//! How packages, tasks, calls, tags and agents can be ordered.

use crate::graphql::ordering::list_order;

list_order! {
    /// A key of the order of packages.
    LeadPackageOrder by LeadPackageOrderField {
        /// The order in which they were made.
        Id => "id",
        /// What people call it.
        Name => "name",
        /// Where the leads come from.
        Source => "source",
        /// The industry of the leads.
        Industry => "industry",
        /// The region of the leads.
        Region => "region",
        /// How many leads it has.
        TotalLeads => "total_leads",
        /// How many of them can be dialled.
        ValidLeads => "valid_leads",
        /// Price of one lead.
        CostPerLead => "cost_per_lead",
        /// Price of the package.
        TotalCost => "total_cost",
        /// When it was created here.
        CreatedAt => "created_at",
        /// When it was last changed.
        UpdatedAt => "updated_at",
    }
}

list_order! {
    /// A key of the order of dial tasks.
    DialTaskOrder by DialTaskOrderField {
        /// The order in which they came here.
        Id => "id",
        /// The id that its source has for the task.
        ExternalId => "external_id",
        /// Who told us of it, by the word.
        Source => "source",
        /// What people call it.
        TaskName => "task_name",
        /// When dialling was to start.
        StartTime => "start_time",
        /// When dialling was to end.
        EndTime => "end_time",
        /// Where it stands, by the word.
        Status => "status",
        /// When it was first seen here.
        CreatedAt => "created_at",
        /// When it was last changed.
        UpdatedAt => "updated_at",
    }
}

list_order! {
    /// A key of the order of calls.
    CallOrder by CallOrderField {
        /// The order in which they came here.
        Id => "id",
        /// The id that its source has for the call.
        ExternalId => "external_id",
        /// The number dialled. Only for those who may see phone numbers.
        PhoneNumber => "phone_number",
        /// When it was dialled.
        CallTime => "call_time",
        /// The business day of callTime.
        CallDate => "call_date",
        /// The business hour of callTime.
        CallHour => "call_hour",
        /// How long it lasted.
        Duration => "duration",
        /// How it ended, by the word.
        Result => "result",
        /// The grade as it was written.
        Grade => "grade",
        /// What the grade catalogue makes of it.
        GradeCode => "grade_code",
        /// Why the line was closed.
        HangupReason => "hangup_reason",
        /// The name of the person dialled. Only for those who may see phone numbers.
        CustomerName => "customer_name",
        /// Their company. Only for those who may see phone numbers.
        Company => "company",
        /// The province of the number.
        Province => "province",
        /// The city of the number.
        City => "city",
        /// The line it was dialled on.
        DeviceName => "device_name",
        /// What the platform billed for it.
        BilledAmount => "billed_amount",
        /// Who told us of it, by the word.
        Source => "source",
        /// When it was first stored here.
        CreatedAt => "created_at",
        /// When what is stored here was last changed.
        UpdatedAt => "updated_at",
    }
}

list_order! {
    /// A key of the order of tags.
    CallTagOrder by CallTagOrderField {
        /// The order in which they were given.
        Id => "id",
        /// The question or field.
        TagName => "tag_name",
        /// The answer.
        TagValue => "tag_value",
        /// Who gave it, by the word.
        TagType => "tag_type",
        /// When it was given.
        CreatedAt => "created_at",
    }
}

list_order! {
    /// A key of the order of agents.
    AgentOrder by AgentOrderField {
        /// The order in which they were first seen.
        Id => "id",
        /// The id that its source has for the account.
        ExternalId => "external_id",
        /// Who told us of it, by the word.
        Source => "source",
        /// The account's name.
        Name => "name",
        /// Whether it is a seat; those that are none come first.
        IsSeat => "is_seat",
        /// When it was first seen here.
        CreatedAt => "created_at",
        /// When it was last changed.
        UpdatedAt => "updated_at",
    }
}

list_order! {
    /// A key of the order of grades.
    GradeOrder by GradeOrderField {
        /// The order in which they were made.
        Id => "id",
        /// Its stable name.
        Code => "code",
        /// What people call it.
        Label => "label",
        /// What one call of this grade earns.
        UnitPrice => "unit_price",
        /// When it was created.
        CreatedAt => "created_at",
        /// When it was last changed.
        UpdatedAt => "updated_at",
    }
}
