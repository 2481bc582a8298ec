//! `docs/access.md` shows the permissions as they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use shpunt_api::graphql::{Need, declarations};
use shpunt_domain::access::{GRANTS, Permission, Reach};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access.md");

/// A table of Markdown.
fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        writeln!(text, "| {} |", row.join(" | ")).unwrap();
    }
    text
}

fn code(permission: Permission) -> String {
    format!("`{}`", permission.as_str().to_uppercase())
}

/// Roles across, permissions down.
fn roles() -> String {
    let mut head = vec!["Permission".to_owned()];
    head.extend(GRANTS.iter().map(|grant| grant.role.as_str().replace('_', " ")));
    head.push("What it permits".to_owned());
    let mut rows = vec![vec!["*whose rows*".to_owned()]];
    rows[0].extend(GRANTS.iter().map(|grant| if grant.reach == Reach::All { "all" } else { "own" }.to_owned()));
    rows[0].push("Все строки или свои сделки.".to_owned());
    for permission in Permission::ALL {
        let mut row = vec![code(permission)];
        row.extend(GRANTS.iter().map(|grant| if grant.role.permits(permission) { "✓" } else { "" }.to_owned()));
        row.push(permission.describe().to_owned());
        rows.push(row);
    }
    table(&head, &rows)
}

/// What each permission opens in the graph: root fields by name, the rest by type.
fn fields() -> String {
    let mut opened: BTreeMap<Permission, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (field, needs) in declarations() {
        let Some([Need::Of(permission), _]) = needs else { continue };
        let (of, name) = field.split_once('.').unwrap();
        let (roots, fields) = opened.entry(permission).or_default();
        if ["Query", "Mutation", "Subscription"].contains(&of) {
            roots.push(format!("`{name}`"));
        } else {
            fields.push(format!("`{field}`"));
        }
    }
    let shown = |fields: &[String]| if fields.len() > 12 { format!("{} fields", fields.len()) } else { fields.join(" ") };
    let rows: Vec<_> =
        opened.iter().map(|(permission, (roots, fields))| vec![code(*permission), roots.join(" "), shown(fields)]).collect();
    table(&["Permission", "Queries, mutations, subscriptions", "Fields"].map(str::to_owned), &rows)
}

#[test]
fn the_matrix_is_a_snapshot_of_the_data() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let mut wanted = document.clone();
    for (name, table) in [("roles", roles()), ("fields", fields())] {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
        let (before, rest) = wanted.split_once(&begin).unwrap();
        let (_, after) = rest.split_once(&end).unwrap();
        wanted = format!("{before}{begin}{table}{end}{after}");
    }
    if std::env::var_os("SHPUNT_BLESS").is_some() {
        std::fs::write(DOCUMENT, &wanted).unwrap();
    }
    let shown = std::fs::read_to_string(DOCUMENT).unwrap();
    assert!(shown == wanted, "docs/access.md differs from the code: run `cargo xtask bless` and commit it");
}
