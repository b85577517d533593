//! The parameters of a world of providers.

use incident::{Parameter, Value, Values};

use super::names::{Loss, Lost};

/// One provider of the world.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    /// Requests a second that it works off, one after another; any number where it is zero.
    pub(super) capacity_per_second: f64,
    /// Requests a second that it lets one customer send; more are answered with HTTP 429. Any number where it is zero.
    pub(super) allows_per_second: f64,
    /// Requests that it lets one customer send in the whole run, which stands for a day. Any where it is zero.
    pub(super) allows_in_all: f64,
    /// From when on something is wrong with it, in seconds.
    pub(super) ill_from: f64,
    /// Until when.
    pub(super) ill_until: f64,
    /// Share of requests that are answered with HTTP 503 meanwhile, in hundredths.
    pub(super) busy_percent: f64,
    /// Share that is answered with HTTP 429 meanwhile, whatever the rate.
    pub(super) limited_percent: f64,
    /// Share that is never answered meanwhile.
    pub(super) silent_percent: f64,
    /// Share of balances that are told as zero meanwhile.
    pub(super) zero_percent: f64,
    /// Share of questions for the newest block, by which health is checked, that fail meanwhile.
    pub(super) checks_fail_percent: f64,
    /// Whether it refuses connections meanwhile, and breaks those that are open.
    pub(super) gone: bool,
    /// When its connections break once, in seconds; never where it is zero.
    pub(super) breaks: f64,
    /// When it is there at all, in seconds: before that nobody listens at its address.
    pub(super) joins: f64,
    /// Whether questions for the newest block, by which health is checked, go past its queue.
    pub(super) checks_apart: bool,
    /// Whether it has a name instead of an address, and the name is lost with the others.
    pub(super) loses_name: bool,
}

impl Spec {
    /// Whether something is wrong with it at a time.
    pub(super) fn is_ill(&self, seconds: f64) -> bool {
        seconds >= self.ill_from && seconds < self.ill_until
    }

    /// Whether it would answer a client's call rightly at a time, as far as its faults go. One whose health checks fail
    /// answers well.
    pub(super) fn is_well(&self, seconds: f64) -> bool {
        let bad = self.busy_percent + self.limited_percent + self.silent_percent;
        let ill = self.is_ill(seconds) && (self.gone || bad + self.zero_percent > 0.0);
        !ill && (self.joins <= 0.0 || seconds >= self.joins)
    }
}

/// The clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    /// Sessions that begin in a second, all the time.
    pub(super) sessions_per_second: f64,
    /// As many more while the burst lasts, or at its beginning where it fades.
    pub(super) burst_per_second: f64,
    /// When the burst begins and ends, in seconds.
    pub(super) burst: (f64, f64),
    /// How long it takes until all of the burst is there, in seconds.
    pub(super) burst_rises: f64,
    /// After how many seconds half of the burst is left; it does not fade where this is zero.
    pub(super) half_life: f64,
    /// Transactions in a second, all the time and as many more in the burst.
    pub(super) transactions: (f64, f64),
    /// Accounts that sessions have among them; each has one of its own where it is zero.
    pub(super) accounts: u64,
    /// Calls of a session: at least and at most.
    pub(super) calls: (u64, u64),
    /// Share of calls that ask for what everybody asks for, in hundredths.
    pub(super) hot_percent: u64,
    /// Share of the other calls that ask for a balance, in hundredths; the rest ask how many transactions an account of
    /// the client's own has sent.
    pub(super) balance_percent: u64,
    /// How often a client tries a call again that failed.
    pub(super) retries: u64,
    /// How long it waits before that, in milliseconds.
    pub(super) retry_wait_ms: f64,
    /// How many times as long it waits before each further one.
    pub(super) retry_grows: f64,
    /// How long it waits for an answer, in milliseconds.
    pub(super) patience_ms: u64,
    /// Within what time of being due an answer is of use, in milliseconds.
    pub(super) in_time_ms: u64,
    /// Within what time an answer is as good as was promised, in milliseconds.
    pub(super) objective_ms: u64,
}

/// The whole world.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// How long the load lasts, in seconds.
    pub(super) lasts: f64,
    /// How long an answer takes at least, in milliseconds.
    pub(super) answer_ms: u64,
    /// The most that requests wait at a provider before it answers with HTTP 503, in seconds.
    pub(super) queue: f64,
    /// The providers, in order.
    pub(super) providers: Vec<Spec>,
    /// When their names are lost.
    pub(super) loss: Loss,
    /// Whether the status page lies with the first of them.
    pub(super) page_inside: bool,
    /// The clients.
    pub(super) load: Load,
}

/// Most providers of a world: each has threads of its own.
const PROVIDERS_MAX: usize = 8;
/// Longest run, in seconds.
const LASTS_MAX: f64 = 120.0;
/// Most sessions in a second: more are no model of a burst but a test of this machine.
const SESSIONS_MAX: f64 = 2_000.0;
/// Most transactions in a second: each has to be signed.
const TRANSACTIONS_MAX: f64 = 100.0;

/// All parameters.
pub(super) fn parameters() -> Vec<Parameter> {
    [of_providers(), of_faults(), of_clients(), of_patience()].concat()
}

/// What concerns the providers.
fn of_providers() -> Vec<Parameter> {
    vec![
        Parameter::given("lasts_seconds", "how long the load lasts, 120 at most"),
        Parameter::given(
            "capacity_per_second",
            "of each provider: requests a second that it works off; 0 for any. As many as there are providers, 1 to 8; all lists below have as many or none",
        ),
        Parameter::number(
            "queue_seconds",
            "the most that requests wait at a provider before it says HTTP 503",
            5.0,
        ),
        Parameter::number("answer_ms", "how long an answer takes at least", 3.0),
        Parameter::number(
            "page_inside",
            "1 where people read the status page out of the first provider, and it can be changed there only while that one is well",
            0.0,
        ),
        Parameter::numbers(
            "allows_per_second",
            "of each provider: requests a second above which it says HTTP 429; 0 for any",
            &[],
        ),
        Parameter::numbers(
            "allows_in_all",
            "of each provider: requests in the whole run, which stands for a day, above which it says HTTP 429; 0 for any",
            &[],
        ),
        Parameter::numbers(
            "joins_seconds",
            "of each provider: when it is there at all, as a machine that is started late; 0 for the beginning",
            &[],
        ),
        Parameter::numbers(
            "checks_apart",
            "of each provider: 1 where questions for the newest block, by which health is checked, have a port of their own and do not wait in its queue",
            &[],
        ),
    ]
}

/// What goes wrong with the providers.
fn of_faults() -> Vec<Parameter> {
    vec![
        Parameter::numbers(
            "ill_from_seconds",
            "of each provider: from when on something is wrong with it",
            &[],
        ),
        Parameter::numbers("ill_until_seconds", "of each provider: until when", &[]),
        Parameter::numbers(
            "busy_percent",
            "of each provider: requests that are answered with HTTP 503 meanwhile",
            &[],
        ),
        Parameter::numbers(
            "limited_percent",
            "of each provider: requests that are answered with HTTP 429 meanwhile, whatever the rate",
            &[],
        ),
        Parameter::numbers(
            "silent_percent",
            "of each provider: requests that are never answered meanwhile",
            &[],
        ),
        Parameter::numbers(
            "zero_percent",
            "of each provider: balances that are told as zero meanwhile",
            &[],
        ),
        Parameter::numbers(
            "checks_fail_percent",
            "of each provider: questions for the newest block, by which health is checked, that fail meanwhile",
            &[],
        ),
        Parameter::numbers(
            "gone",
            "of each provider: 1 where it refuses and breaks connections meanwhile",
            &[],
        ),
        Parameter::numbers(
            "breaks_seconds",
            "of each provider: when its connections break once, as those of a load balancer that is taken out; 0 for never",
            &[],
        ),
        Parameter::numbers(
            "loses_name",
            "of each provider: 1 where it has a name, which is lost with the others; the machine goes on",
            &[],
        ),
        Parameter::number("names_lost_from_seconds", "when names are lost", 0.0),
        Parameter::number("names_lost_until_seconds", "when they are back", 0.0),
        Parameter::word(
            "names_lost",
            "what is said of them meanwhile: that they have no address (`empty`), that they do not exist (`unknown`), or nothing (`silent`)",
            "empty",
        ),
    ]
}

/// How many clients come, and what they ask for.
fn of_clients() -> Vec<Parameter> {
    vec![
        Parameter::given("sessions_per_second", "sessions that begin in a second, all the time"),
        Parameter::number(
            "burst_per_second",
            "as many more in the burst, or at its beginning where it fades",
            0.0,
        ),
        Parameter::number("burst_from_seconds", "when the burst begins", 0.0),
        Parameter::number("burst_until_seconds", "when it ends", 0.0),
        Parameter::number(
            "burst_rises_seconds",
            "how long it takes until all of the burst is there",
            0.0,
        ),
        Parameter::number(
            "half_life_seconds",
            "after how long half of the burst is left; 0 where it does not fade",
            0.0,
        ),
        Parameter::number(
            "transactions_per_second",
            "transactions that are sent in a second besides, all the time",
            0.0,
        ),
        Parameter::number(
            "transactions_burst_per_second",
            "as many more in the burst, rising and fading with it",
            0.0,
        ),
        Parameter::number(
            "accounts",
            "accounts that clients ask about; 0 where each session asks about one of its own",
            0.0,
        ),
        Parameter {
            name: "calls_of_session",
            about: "calls of a session, one after another: at least and at most",
            usual: Some(Value::Numbers(vec![1.0, 1.0])),
        },
        Parameter::number(
            "hot_percent",
            "calls that ask for what everybody asks for; the others ask about accounts",
            0.0,
        ),
        Parameter::number(
            "balance_percent",
            "of the others: calls that ask for a balance; the rest ask how many transactions the client has sent",
            50.0,
        ),
    ]
}

/// How long clients wait, and what they do then.
fn of_patience() -> Vec<Parameter> {
    vec![
        Parameter::number("retries", "how often a client tries a call again that failed", 0.0),
        Parameter::number(
            "retry_wait_ms",
            "how long it waits before it does; half to one and a half times as long, by chance",
            150.0,
        ),
        Parameter::number("retry_grows", "how many times as long before each further one", 2.0),
        Parameter::number("patience_ms", "how long a client waits for an answer", 2_000.0),
        Parameter::number(
            "in_time_ms",
            "within what time of being due an answer is of use",
            4_000.0,
        ),
        Parameter::number(
            "objective_ms",
            "within what time an answer is as good as was promised",
            1_000.0,
        ),
    ]
}

impl Plan {
    /// Reads the parameters.
    ///
    /// # Errors
    /// Where one is out of its range, or a list has another length than the others.
    pub(super) fn read(values: &Values) -> Result<Self, String> {
        let capacities = values.numbers("capacity_per_second")?;
        let count = capacities.len();
        if count == 0 || count > PROVIDERS_MAX {
            return Err(format!("there may be 1 to {PROVIDERS_MAX} providers"));
        }
        let list = |name: &str| -> Result<Vec<f64>, String> {
            let numbers = values.numbers(name)?;
            match numbers.len() {
                0 => Ok(vec![0.0; count]),
                len if len == count => Ok(numbers),
                len => Err(format!("`{name}` has {len} numbers for {count} providers")),
            }
        };
        let mut providers = vec![Spec::default(); count];
        let mut put = |name: &str, set: fn(&mut Spec, f64)| -> Result<(), String> {
            for (provider, number) in providers.iter_mut().zip(list(name)?) {
                set(provider, number);
            }
            Ok(())
        };
        put("capacity_per_second", |it, number| it.capacity_per_second = number)?;
        put("allows_per_second", |it, number| it.allows_per_second = number)?;
        put("allows_in_all", |it, number| it.allows_in_all = number)?;
        put("ill_from_seconds", |it, number| it.ill_from = number)?;
        put("ill_until_seconds", |it, number| it.ill_until = number)?;
        put("busy_percent", |it, number| it.busy_percent = number)?;
        put("limited_percent", |it, number| it.limited_percent = number)?;
        put("silent_percent", |it, number| it.silent_percent = number)?;
        put("zero_percent", |it, number| it.zero_percent = number)?;
        put("checks_fail_percent", |it, number| it.checks_fail_percent = number)?;
        put("gone", |it, number| it.gone = number > 0.0)?;
        put("breaks_seconds", |it, number| it.breaks = number)?;
        put("joins_seconds", |it, number| it.joins = number)?;
        put("checks_apart", |it, number| it.checks_apart = number > 0.0)?;
        put("loses_name", |it, number| it.loses_name = number > 0.0)?;
        let lasts = values.number("lasts_seconds")?;
        if !(1.0..=LASTS_MAX).contains(&lasts) {
            return Err(format!("`lasts_seconds` has to be 1 to {LASTS_MAX}"));
        }
        let (answer_ms, queue) = (values.count("answer_ms")?, values.number("queue_seconds")?);
        Ok(Self {
            lasts,
            answer_ms,
            queue,
            providers,
            page_inside: values.number("page_inside")? > 0.0,
            loss: loss(values)?,
            load: Load::read(values)?,
        })
    }

    /// When something first goes wrong: the first fault, the loss of names or the beginning of the burst, in seconds.
    pub(super) fn first_trouble(&self) -> f64 {
        let faults = self.providers.iter().filter(|it| it.ill_until > it.ill_from);
        let breaks = self.providers.iter().map(|it| it.breaks).filter(|at| *at > 0.0);
        let names = self.names_lost().map(|loss| loss.from);
        let burst = (self.load.burst_per_second > 0.0).then_some(self.load.burst.0);
        let begins = faults.map(|it| it.ill_from).chain(breaks).chain(names).chain(burst);
        begins.fold(self.lasts, f64::min)
    }

    /// When names are lost; nothing where no provider has one, or never.
    pub(super) fn names_lost(&self) -> Option<Loss> {
        let has_names = self.providers.iter().any(|it| it.loses_name);
        Some(self.loss).filter(|loss| has_names && loss.until > loss.from)
    }

    /// When nothing is wrong outside any more, in seconds: the last fault has ended, names are back, and the burst has
    /// ended, or the last provider that was started for it is there.
    pub(super) fn trouble_ends(&self) -> f64 {
        let faults = self.providers.iter().map(|it| it.ill_until.min(self.lasts));
        let names = self.names_lost().map(|loss| loss.until.min(self.lasts));
        let joined = self.providers.iter().map(|it| it.joins).fold(0.0, f64::max);
        let burst = match self.load.burst.1 {
            _ if self.load.half_life > 0.0 => 0.0,
            until if joined > 0.0 => until.min(joined),
            until => until,
        };
        faults.chain(names).fold(burst, f64::max)
    }

    /// Requests a second that all providers that are well work off together at a time; nothing where one of them works off
    /// any number.
    pub(super) fn capacity(&self, seconds: f64) -> Option<f64> {
        let bounded = self.providers.iter().all(|it| it.capacity_per_second > 0.0);
        let well = self.providers.iter().filter(|it| it.is_well(seconds));
        bounded.then(|| well.map(|it| it.capacity_per_second).sum())
    }
}

fn loss(values: &Values) -> Result<Loss, String> {
    let said = match values.word("names_lost")? {
        "empty" => Lost::Empty,
        "unknown" => Lost::Unknown,
        "silent" => Lost::Silent,
        other => {
            return Err(format!("`names_lost` is `{other}`; there are empty, unknown, silent"));
        }
    };
    let (from, until) = ("names_lost_from_seconds", "names_lost_until_seconds");
    Ok(Loss { from: values.number(from)?, until: values.number(until)?, said })
}

impl Load {
    fn read(values: &Values) -> Result<Self, String> {
        let calls = values.numbers("calls_of_session")?;
        let &[least, most] = calls.as_slice() else {
            return Err("`calls_of_session` has to be the least and the most".to_owned());
        };
        if least < 1.0 || most < least || most > 1_000.0 {
            return Err("`calls_of_session` has to be 1 to 1000, the least first".to_owned());
        }
        let load = Self {
            sessions_per_second: values.number("sessions_per_second")?,
            burst_per_second: values.number("burst_per_second")?,
            burst: (values.number("burst_from_seconds")?, values.number("burst_until_seconds")?),
            burst_rises: values.number("burst_rises_seconds")?,
            half_life: values.number("half_life_seconds")?,
            transactions: (
                values.number("transactions_per_second")?,
                values.number("transactions_burst_per_second")?,
            ),
            accounts: values.count("accounts")?,
            calls: (least as u64, most as u64),
            hot_percent: values.count("hot_percent")?,
            balance_percent: values.count("balance_percent")?,
            retries: values.count("retries")?.min(20),
            retry_wait_ms: values.number("retry_wait_ms")?,
            retry_grows: values.number("retry_grows")?,
            patience_ms: values.count("patience_ms")?,
            in_time_ms: values.count("in_time_ms")?,
            objective_ms: values.count("objective_ms")?,
        };
        let (usual, more) = load.transactions;
        if load.sessions_per_second + load.burst_per_second > SESSIONS_MAX {
            return Err(format!("there may be {SESSIONS_MAX} sessions in a second"));
        }
        if usual + more > TRANSACTIONS_MAX {
            return Err(format!("there may be {TRANSACTIONS_MAX} transactions in a second"));
        }
        Ok(load)
    }

    /// Sessions that begin in a second at a time.
    pub(super) fn rate(&self, seconds: f64) -> f64 {
        self.sessions_per_second + self.burst_per_second * self.share_of_burst(seconds)
    }

    /// Transactions that are sent in a second at a time.
    pub(super) fn transactions(&self, seconds: f64) -> f64 {
        let (usual, more) = self.transactions;
        usual + more * self.share_of_burst(seconds)
    }

    /// How much of the burst is there at a time: from nothing to all of it.
    fn share_of_burst(&self, seconds: f64) -> f64 {
        let (from, until) = self.burst;
        let since = seconds - from;
        match since {
            _ if since < 0.0 => 0.0,
            _ if self.half_life > 0.0 => 0.5_f64.powf(since / self.half_life),
            _ if seconds >= until => 0.0,
            _ if since < self.burst_rises => since / self.burst_rises,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let mut values = Values::default();
        for parameter in parameters() {
            let usual = parameter.usual.unwrap_or(Value::Number(10.0));
            values.set(parameter.name, usual);
        }
        values
    }

    #[test]
    fn a_list_of_another_length_is_a_mistake() {
        // Else the fault of one provider would befall another, and the drill would tell another story.
        let mut values = values();
        values.set("capacity_per_second", Value::Numbers(vec![0.0, 40.0]));
        values.set("gone", Value::Numbers(vec![0.0, 1.0]));
        let plan = Plan::read(&values).unwrap();
        assert!(plan.providers[1].gone && !plan.providers[0].gone);
        values.set("gone", Value::Numbers(vec![1.0]));
        assert!(Plan::read(&values).unwrap_err().contains("`gone` has 1 numbers for 2"));
    }

    #[test]
    fn a_burst_fades_by_its_half_life() {
        // A burst that does not fade would leave no time to recover in.
        let mut values = values();
        values.set("burst_per_second", Value::Number(80.0));
        values.set("burst_from_seconds", Value::Number(2.0));
        values.set("half_life_seconds", Value::Number(3.0));
        let load = Plan::read(&values).unwrap().load;
        assert_eq!((load.rate(1.0), load.rate(2.0), load.rate(5.0)), (10.0, 90.0, 50.0));
    }

    #[test]
    fn a_burst_rises_and_transactions_rise_with_it() {
        // A surge that is there at once would be harder on the gateway than what happened.
        let mut values = values();
        for (name, number) in [
            ("burst_per_second", 80.0),
            ("burst_from_seconds", 2.0),
            ("burst_until_seconds", 9.0),
            ("burst_rises_seconds", 4.0),
            ("transactions_per_second", 1.0),
            ("transactions_burst_per_second", 8.0),
        ] {
            values.set(name, Value::Number(number));
        }
        let load = Plan::read(&values).unwrap().load;
        assert_eq!((load.rate(2.0), load.rate(4.0), load.rate(7.0)), (10.0, 50.0, 90.0));
        assert_eq!((load.transactions(1.0), load.transactions(4.0)), (1.0, 5.0));
        assert_eq!(load.rate(9.0), 10.0);
    }

    #[test]
    fn capacity_is_of_those_that_are_there_and_well() {
        // Drawn beside the load it shows when a surge was too large; one that has not been started bears nothing.
        let mut values = values();
        let lists = [
            ("capacity_per_second", vec![40.0, 40.0]),
            ("joins_seconds", vec![0.0, 3.0]),
            ("gone", vec![1.0, 0.0]),
            ("ill_from_seconds", vec![5.0, 0.0]),
            ("ill_until_seconds", vec![6.0, 0.0]),
        ];
        lists.into_iter().for_each(|(name, list)| values.set(name, Value::Numbers(list)));
        let mut plan = Plan::read(&values).unwrap();
        let at = |plan: &Plan| [1.0, 3.0, 5.5, 6.0].map(|seconds| plan.capacity(seconds).unwrap());
        assert_eq!(at(&plan), [40.0, 80.0, 40.0, 80.0]);
        plan.load.burst = (1.0, 8.0);
        assert_eq!(plan.trouble_ends(), 6.0, "the redeployment ends last");
        plan.providers[0].ill_until = 0.0;
        assert_eq!(plan.trouble_ends(), 3.0, "what was started for the burst is there");
    }

    #[test]
    fn lost_names_are_trouble_of_those_who_have_a_name() {
        // Failover and recovery would be timed from and to other faults, though names were lost before and after them.
        let mut values = values();
        values.set("capacity_per_second", Value::Numbers(vec![40.0, 40.0]));
        values.set("ill_from_seconds", Value::Numbers(vec![3.0, 0.0]));
        values.set("ill_until_seconds", Value::Numbers(vec![4.0, 0.0]));
        values.set("names_lost_from_seconds", Value::Number(1.0));
        values.set("names_lost_until_seconds", Value::Number(6.0));
        let spans = |values: &Values| {
            let plan = Plan::read(values).unwrap();
            (plan.first_trouble(), plan.trouble_ends())
        };
        assert_eq!(spans(&values), (3.0, 4.0), "nobody has a name");
        values.set("loses_name", Value::Numbers(vec![0.0, 1.0]));
        assert_eq!(spans(&values), (1.0, 6.0));
        values.set("names_lost_until_seconds", Value::Number(100.0));
        assert_eq!(spans(&values), (1.0, 10.0), "the run ends before");
        values.set("names_lost_until_seconds", Value::Number(1.0));
        assert_eq!(spans(&values), (3.0, 4.0), "names are never lost");
    }
}
