//! Rules of lead packages.

use super::{
    audit::Record,
    change::{Change, Given},
    fields::{Fields, TextRule},
    money::Money,
    package_rules::{PackageRule, read_rules},
    problem::{Code, Path, Problems},
};

/// What a package costs when nobody said: every lead at its price.
#[must_use]
pub fn total_cost(total_leads: u32, cost_per_lead: Money) -> Money {
    cost_per_lead.times(i64::from(total_leads))
}

/// What a caller says of a package.
#[derive(Debug, Clone, Default)]
pub struct PackageInput {
    /// Its name; has to be there.
    pub name: Change<String>,
    /// Where the leads come from.
    pub source: Change<String>,
    /// The industry of the leads.
    pub industry: Change<String>,
    /// The region of the leads.
    pub region: Change<String>,
    /// How many leads; 0 at first.
    pub total_leads: Change<i32>,
    /// How many of them can be dialled; 0 at first.
    pub valid_leads: Change<i32>,
    /// Price of a lead; 0 at first.
    pub cost_per_lead: Change<Given<Money>>,
    /// Price of all; what the leads cost unless it is given.
    pub total_cost: Change<Given<Money>>,
    /// Which tasks are its, by their names; none at first.
    pub rules: Change<Vec<PackageRule>>,
}

/// What a package has, by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageFields {
    /// Its name.
    pub name: String,
    /// Where the leads come from.
    pub source: Option<String>,
    /// The industry of the leads.
    pub industry: Option<String>,
    /// The region of the leads.
    pub region: Option<String>,
    /// How many leads.
    pub total_leads: i32,
    /// How many of them can be dialled; never more than there are.
    pub valid_leads: i32,
    /// Price of a lead.
    pub cost_per_lead: Money,
    /// Price of all.
    pub total_cost: Money,
    /// Which tasks are its, by their names.
    pub rules: Vec<PackageRule>,
}

impl PackageFields {
    /// A package after `input`: a new one, or the one that was `before`. Notes what is wrong.
    pub fn read(
        before: Option<&Self>,
        input: PackageInput,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::new(Path::input(), problems);
        let was = before.cloned();
        let old = was.as_ref();
        let name = fields.required_text(
            "name",
            TextRule::SHORT,
            input.name,
            old.map(|old| old.name.clone()),
        );
        let mut text = |name, change, before: Option<&Option<String>>| {
            fields.text(name, TextRule::SHORT, change, before.cloned().flatten())
        };
        let source = text("source", input.source, old.map(|old| &old.source));
        let industry = text("industry", input.industry, old.map(|old| &old.industry));
        let region = text("region", input.region, old.map(|old| &old.region));

        let mut count = |name, change, before: Option<i32>| {
            let value = fields.required(name, change, before.or(Some(0)));
            fields.count(name, value, i32::MAX)
        };
        let total_leads = count(
            "totalLeads",
            input.total_leads,
            old.map(|old| old.total_leads),
        );
        let valid_leads = count(
            "validLeads",
            input.valid_leads,
            old.map(|old| old.valid_leads),
        );
        if let (Some(total), Some(valid)) = (total_leads, valid_leads)
            && valid > total
        {
            let message = format!(
                "validLeads must not be more than totalLeads: {valid} of {total} is not possible"
            );
            fields.note("validLeads", Code::ExceedsTotal, message);
        }

        let price = old.map_or(Money::ZERO, |old| old.cost_per_lead);
        let price = fields.required("costPerLead", input.cost_per_lead, Some(Ok(price)));
        let cost_per_lead = fields.amount("costPerLead", price);
        // A total that somebody gave stays when the leads or their price change; one that was
        // worked out follows them. Null asks for it to be worked out again.
        let given = old
            .filter(|old| old.total_cost != old.leads_cost())
            .map(|old| old.total_cost);
        let total_cost = input.total_cost.over(given.map(Ok)).or_else(|| {
            let leads = u32::try_from(total_leads?).ok()?;
            Some(Ok(total_cost(leads, cost_per_lead?)))
        });
        let total_cost = fields.amount("totalCost", total_cost);
        let kept = old.map(|old| old.rules.as_slice());
        let rules = read_rules(input.rules, kept, &Path::input().field("rules"), problems);
        Some(Self {
            name: name?,
            source,
            industry,
            region,
            total_leads: total_leads?,
            valid_leads: valid_leads?,
            cost_per_lead: cost_per_lead?,
            total_cost: total_cost?,
            rules,
        })
    }

    /// None where there are none, so that they are no change of a package that never had any.
    fn recorded_rules(&self) -> Option<Vec<String>> {
        let rules = self.rules.iter().map(PackageRule::recorded);
        (!self.rules.is_empty()).then(|| rules.collect())
    }

    fn leads_cost(&self) -> Money {
        total_cost(self.total_leads.unsigned_abs(), self.cost_per_lead)
    }

    /// As the record of a change has it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::default()
            .with("name", self.name.clone())
            .with("source", self.source.clone())
            .with("industry", self.industry.clone())
            .with("region", self.region.clone())
            .with("totalLeads", self.total_leads)
            .with("validLeads", self.valid_leads)
            .with_amount("costPerLead", Some(self.cost_per_lead))
            .with_amount("totalCost", Some(self.total_cost))
            .with("rules", self.recorded_rules())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(amount: i64) -> Money {
        Money::from_ten_thousandths(amount * 10_000)
    }

    fn new(input: PackageInput) -> Result<PackageFields, Vec<Code>> {
        change(None, input)
    }

    fn change(
        before: Option<&PackageFields>,
        input: PackageInput,
    ) -> Result<PackageFields, Vec<Code>> {
        let mut problems = Problems::default();
        let fields = PackageFields::read(before, input, &mut problems);
        if problems.is_empty() {
            return Ok(fields.unwrap());
        }
        Err(problems.iter().map(|problem| problem.code).collect())
    }

    fn input() -> PackageInput {
        PackageInput {
            name: Change::Set("A".to_owned()),
            total_leads: Change::Set(100),
            valid_leads: Change::Set(90),
            cost_per_lead: Change::Set(Ok(yuan(2))),
            ..PackageInput::default()
        }
    }

    #[test]
    fn the_total_follows_the_leads_unless_it_was_given() {
        let package = new(input()).unwrap();
        assert_eq!(package.total_cost, yuan(200));
        let more = PackageInput {
            total_leads: Change::Set(200),
            ..PackageInput::default()
        };
        let grown = change(Some(&package), more.clone()).unwrap();
        assert_eq!(grown.total_cost, yuan(400));

        let flat = PackageInput {
            total_cost: Change::Set(Ok(yuan(50))),
            ..input()
        };
        let package = new(flat).unwrap();
        let grown = change(Some(&package), more).unwrap();
        assert_eq!((grown.total_leads, grown.total_cost), (200, yuan(50)));
        let again = PackageInput {
            total_cost: Change::Clear,
            ..PackageInput::default()
        };
        assert_eq!(change(Some(&grown), again).unwrap().total_cost, yuan(400));
    }

    #[test]
    fn every_problem_is_noted_at_once() {
        let bad = PackageInput {
            name: Change::Keep,
            total_leads: Change::Set(1),
            valid_leads: Change::Set(2),
            cost_per_lead: Change::Set(Ok(yuan(-1))),
            region: Change::Set("\0".to_owned()),
            ..PackageInput::default()
        };
        let codes = new(bad).unwrap_err();
        for code in [
            Code::Required,
            Code::ControlCharacter,
            Code::ExceedsTotal,
            Code::Negative,
        ] {
            assert!(codes.contains(&code), "{code} in {codes:?}");
        }
        let too_few = PackageInput {
            total_leads: Change::Set(89),
            ..PackageInput::default()
        };
        let package = new(input()).unwrap();
        assert_eq!(
            change(Some(&package), too_few),
            Err(vec![Code::ExceedsTotal])
        );
    }
}
