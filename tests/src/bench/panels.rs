//! The questions of the director's page: its own documents, with the variables it sends when somebody looks around.

use serde_json::{Value, json};

/// One of the six reports.
#[derive(Debug)]
pub struct Panel {
    /// Its name in figures.
    pub name: &'static str,
    /// Its GraphQL document.
    pub document: &'static str,
    /// The variables of each look.
    pub looks: Vec<Value>,
}

impl Panel {
    /// The body of the request of one look.
    pub fn body(&self, look: usize) -> String {
        json!({ "query": self.document, "variables": self.looks[look % self.looks.len()] }).to_string()
    }
}

/// All six. `periods` are first and last days; the balance is asked at the last ones.
pub fn all(periods: &[(&str, &str)]) -> [Panel; 6] {
    let each = |look: &dyn Fn(Value, &str) -> Vec<Value>| -> Vec<Value> {
        periods.iter().flat_map(|(from, to)| look(json!({ "from": from, "to": to }), to)).collect()
    };
    let gross_profit = each(&|period, _| {
        ["MONTH", "DEAL", "ORDER", "BATCH", "PRODUCT", "CUSTOMER", "MANAGER"]
            .iter()
            .flat_map(|by| ["POSTED", "SHIPPED"].map(|basis| json!({ "period": period, "groupBy": by, "basis": basis })))
            .collect()
    });
    let funnel =
        each(&|period, _| ["CHANNEL", "MANAGER", "MONTH"].iter().map(|by| json!({ "period": period, "groupBy": by })).collect());
    let by_period = each(&|period, _| vec![json!({ "period": period })]);
    let at = each(&|_, to| vec![json!({ "at": to })]);
    [
        Panel {
            name: "gross_profit",
            document: include_str!("../../../dashboards/src/panels/gross-profit.graphql"),
            looks: gross_profit,
        },
        Panel {
            name: "active_deals",
            document: include_str!("../../../dashboards/src/panels/active-deals.graphql"),
            looks: vec![json!({})],
        },
        Panel { name: "funnel", document: include_str!("../../../dashboards/src/panels/funnel.graphql"), looks: funnel },
        Panel {
            name: "cash_flow",
            document: include_str!("../../../dashboards/src/panels/cash-flow.graphql"),
            looks: by_period.clone(),
        },
        Panel {
            name: "income_expense",
            document: include_str!("../../../dashboards/src/panels/income-expense.graphql"),
            looks: by_period,
        },
        Panel { name: "balance", document: include_str!("../../../dashboards/src/panels/balance.graphql"), looks: at },
    ]
}
