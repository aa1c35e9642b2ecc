//! The client: call records and statistics, with login, repeats and parsing taken care of.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use serde_json::value::RawValue;

use crate::clock::Clock;
use crate::metrics::Metrics;

use super::config::{CdrApi, ClientConfig};
use super::error::Error;
use super::exchange::{Ask, Exchange, HttpExchange};
use super::pace::PaceSnapshot;
use super::record::{self, RecordPage};
use super::session::Session;
use super::stats::{self, DayStatistics, StatisticsBy};
use super::token::TokenStore;
use super::transport::{Answered, Transport};
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
        let exchange = Arc::new(HttpExchange::new(&config)?);
        Self::over(config, clock, tokens, exchange)
    }

    /// The same, whose questions travel by `exchange`.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that cannot work.
    pub fn over(
        config: ClientConfig,
        clock: Arc<dyn Clock>,
        tokens: Arc<dyn TokenStore>,
        exchange: Arc<dyn Exchange>,
    ) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            transport: Transport::new(&config, Arc::clone(&clock), exchange),
            session: Session::new(config.credentials, clock, tokens),
            cdr_api: config.cdr_api,
            page_size: config.page_size,
            non_seat_names: config.non_seat_names,
        })
    }

    /// The same, which counts its requests in `metrics`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.transport.count_in(metrics);
        self
    }

    /// Where it counts its requests.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        self.transport.metrics()
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

    /// How many requests are under way, may be, and wait.
    #[must_use]
    pub fn pace(&self) -> PaceSnapshot {
        self.transport.pace()
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
        check_window(from, to)?;
        if page == 0 {
            return Err(Error::Config("pages are counted from 1".to_owned()));
        }
        let answer = self
            .authorised(&self.page_of(from, to, page, self.page_size))
            .await?;
        let page = record::page(&answer.value)?;
        Ok(RecordPage {
            retries: answer.retries,
            ..page
        })
    }

    /// How many records the platform says a window has, bounds as for
    /// [`call_records`](Self::call_records); `None` where it does not say. Costs a page of one record.
    ///
    /// # Errors
    /// As for [`call_records`](Self::call_records).
    pub async fn count(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Answered<Option<u64>>, Error> {
        check_window(from, to)?;
        let answer = self.authorised(&self.page_of(from, to, 1, 1)).await?;
        Ok(Answered {
            value: record::page(&answer.value)?.total_count,
            retries: answer.retries,
        })
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
        let answer = self.authorised(&ask).await?;
        let day = stats::read(&answer.value, &self.non_seat_names)?;
        Ok(DayStatistics {
            retries: answer.retries,
            ..day
        })
    }

    fn page_of(&self, from: DateTime<Utc>, to: DateTime<Utc>, page: u32, page_size: u32) -> Ask {
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
                (start, wire::wall_clock(from)),
                (end, wire::wall_clock(to)),
                ("page", page.to_string()),
                (size, page_size.to_string()),
            ],
        )
    }

    /// Asks with a token. A refused one is replaced and the question repeated once; only a token
    /// that another instance left in the store may be refused before that.
    async fn authorised(&self, ask: &Ask) -> Result<Answered<Box<RawValue>>, Error> {
        let mut held = self.session.token(&self.transport).await?;
        let mut replaced = 0;
        loop {
            let answer = self.transport.ask(ask, Some(held.value())).await;
            let give_up = replaced == 2 || (replaced == 1 && held.was_fetched());
            if give_up || !matches!(answer, Err(Error::Unauthorised)) {
                return answer.map(|answer| Answered {
                    retries: answer.retries + replaced,
                    ..answer
                });
            }
            tracing::debug!("Guanke refused the token");
            held = self.session.replace(&held, &self.transport).await?;
            replaced += 1;
        }
    }
}

fn check_window(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<(), Error> {
    if to < from {
        return Err(Error::EmptyWindow);
    }
    if to - from > LONGEST_WINDOW {
        return Err(Error::WindowTooLong);
    }
    Ok(())
}
