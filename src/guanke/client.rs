//! The client: call records and statistics, with login, repeats and parsing taken care of.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::clock::Clock;

use super::config::{CdrApi, ClientConfig};
use super::error::Error;
use super::record::{self, RecordPage};
use super::session::Session;
use super::stats::{self, DayStatistics, StatisticsBy};
use super::token::TokenStore;
use super::transport::{Ask, Transport};
use super::wire;

/// A longer window is refused (guanke-api.md).
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(7);

/// Asks the platform. Share one: it has one login and one connection pool.
pub struct Client {
    transport: Transport,
    session: Session,
    cdr_api: CdrApi,
    page_size: u32,
    non_seat_names: Vec<String>,
}

impl Client {
    /// A client that keeps its token in `tokens` and counts its age by `clock`. Asks nothing yet.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that cannot work.
    pub fn new(
        config: ClientConfig,
        clock: Arc<dyn Clock>,
        tokens: Arc<dyn TokenStore>,
    ) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            transport: Transport::new(&config)?,
            session: Session::new(config.credentials, clock, tokens),
            cdr_api: config.cdr_api,
            page_size: config.page_size,
            non_seat_names: config.non_seat_names,
        })
    }

    /// Records a full page holds; a page with fewer is the last (guanke-api.md).
    #[must_use]
    pub const fn page_size(&self) -> u32 {
        self.page_size
    }

    /// Names in the statistics that are no seats.
    #[must_use]
    pub fn non_seat_names(&self) -> &[String] {
        &self.non_seat_names
    }

    /// One page, counted from 1, of the calls dialled between `from` and `to`, both included, to
    /// the second.
    ///
    /// # Errors
    /// [`Error::WindowTooLong`] for more than 7 days, [`Error::EmptyWindow`] and [`Error::Config`]
    /// (page 0) without asking; any other [`Error`] once the repeats are used up.
    pub async fn call_records(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        page: u32,
    ) -> Result<RecordPage, Error> {
        if to < from {
            return Err(Error::EmptyWindow);
        }
        if to - from > LONGEST_WINDOW {
            return Err(Error::WindowTooLong);
        }
        if page == 0 {
            return Err(Error::Config("pages are counted from 1".to_owned()));
        }
        let ask = self.page_of(wire::wall_clock(from), wire::wall_clock(to), page);
        record::page(&self.authorised(&ask).await?)
    }

    /// The platform's own figures of one day; the sum over several days would carry no dates, so
    /// there is no way to ask for it.
    ///
    /// # Errors
    /// Any [`Error`] once the repeats are used up.
    pub async fn statistics(
        &self,
        day: NaiveDate,
        by: StatisticsBy,
    ) -> Result<DayStatistics, Error> {
        let ask = Ask::post(
            "/extension/agent/stat",
            json!({
                "start_time": day.to_string(),
                "end_time": day.to_string(),
                "query_type": by.query_type(),
            }),
        );
        stats::read(&self.authorised(&ask).await?, &self.non_seat_names)
    }

    fn page_of(&self, from: String, to: String, page: u32) -> Ask {
        let (path, [start, end, size]) = match self.cdr_api {
            CdrApi::CallRecord => (
                "/call_record/getCallRecord",
                ["start_datetime", "end_datetime", "page_size"],
            ),
            CdrApi::TaskCdr => ("/task/cdr/all2", ["startTime", "endTime", "pageSize"]),
        };
        Ask::get(
            path,
            vec![
                (start, from),
                (end, to),
                ("page", page.to_string()),
                (size, self.page_size.to_string()),
            ],
        )
    }

    /// Asks with a token. A refused one is replaced and the question repeated once; only a token
    /// that another instance left in the store may be refused before that.
    async fn authorised(&self, ask: &Ask) -> Result<Value, Error> {
        let mut held = self.session.token(&self.transport).await?;
        let mut replaced = 0;
        loop {
            let answer = self.transport.ask(ask, Some(held.value())).await;
            let give_up = replaced == 2 || (replaced == 1 && held.was_fetched());
            if give_up || !matches!(answer, Err(Error::Unauthorised)) {
                return answer;
            }
            tracing::debug!("Guanke refused the token");
            held = self.session.replace(&held, &self.transport).await?;
            replaced += 1;
        }
    }
}
