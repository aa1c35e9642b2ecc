//! By what metrics are told apart. Nothing here has as many values as a caller likes.

use prometheus_client::encoding::EncodeLabelSet;

/// Labels of a metric.
macro_rules! labels {
    ($($name:ident { $($label:ident: $type:ty),+ })+) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub(super) struct $name {
            $(pub $label: $type,)+
        }
    )+};
}

labels! {
    ResultLabels { result: &'static str }
    ChangeLabels { track: &'static str, change: &'static str }
    RunLabels { track: &'static str, status: &'static str }
    PushLabels { kind: &'static str, result: &'static str }
    RequestLabels { route: String, status: u16 }
    RouteLabels { route: String }
    PoolLabels { pool: &'static str }
    LaneLabels { lane: &'static str }
    TrackLabels { track: &'static str }
    DayLabels { track: &'static str, state: &'static str }
    StateLabels { state: &'static str }
    KindLabels { kind: &'static str }
}
