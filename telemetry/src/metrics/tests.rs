#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;

use super::*;

fn declarations() -> impl Iterator<Item = &'static Declaration> {
    list::ALL.iter().map(|(_, family)| family.declaration())
}

/// The row of docs/OPERATIONS.md that a metric should have.
fn row(declaration: &Declaration) -> String {
    let labels = declaration.labels.iter().map(|label| match label.values {
        Values::Workers => format!("`{}`: a worker's id", label.name),
        Values::Of(_) if label.name == "version" => "`version`".to_owned(),
        Values::Of(values) => format!("`{}`: {}", label.name, values.join(", ")),
    });
    let Declaration { name, kind, unit, help, .. } = declaration;
    let kind = format!("{kind:?}").to_lowercase();
    format!("| `{name}` | {kind} | {unit} | {} | {help} |", labels.collect::<Vec<_>>().join("; "))
}

#[test]
fn the_document_lists_exactly_the_metrics_that_there_are() {
    let document = include_str!("../../../docs/OPERATIONS.md");
    let documented =
        document.lines().filter(|line| line.starts_with("| `cineswarm_") || line.starts_with("| `process_"));
    let documented: Vec<&str> = documented.collect();
    let declared: Vec<String> = declarations().map(row).collect();
    assert!(documented == declared, "the table in docs/OPERATIONS.md should be:\n{}", declared.join("\n"));
}

#[test]
fn no_name_is_declared_twice_and_each_says_its_unit_as_prometheus_has_it() {
    let names: BTreeSet<&str> = declarations().map(|declaration| declaration.name).collect();
    assert_eq!(names.len(), list::ALL.len());
    for Declaration { name, kind, unit, help, buckets, .. } in declarations() {
        let stem = name.strip_suffix("_total").unwrap_or(name);
        assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name} is a {kind:?}");
        assert_eq!(*kind == Kind::Histogram, !buckets.is_empty(), "{name} is a {kind:?}");
        assert!(buckets.is_sorted(), "{name}");
        if ["seconds", "bytes", "ratio"].contains(unit) {
            assert!(stem.ends_with(unit), "{name} is in {unit}");
        }
        assert!(help.ends_with('.') && !help.contains('|'), "{name}: {help}");
    }
}

/// Who could make series without end: the sum of all that one process can be made to show.
#[test]
fn what_anybody_says_makes_no_series_without_end() {
    for number in 0..10_000 {
        let stranger = format!("stranger-{number}");
        list::REFUSALS.increment([&stranger]);
        list::TASKS.increment([&stranger, "taken"]);
        list::TASKS.increment(["stranger-0", &stranger]);
    }
    let series = |name: &str| render().lines().filter(|line| line.starts_with(&format!("{name}{{"))).count();
    let declared = |name: &str| declarations().find(|declaration| declaration.name == name).unwrap().labels;
    let Values::Of(codes) = declared("cineswarm_refusals_total")[0].values else { panic!("codes are a closed list") };
    assert!(series("cineswarm_refusals_total") <= codes.len() + 1);
    let workers = MOST_WORKERS + 1;
    assert!(series("cineswarm_tasks_total") <= workers + 1, "{} series", series("cineswarm_tasks_total"));
    for (_, family) in list::ALL {
        let possible = |label: &Label| match label.values {
            Values::Of(values) => values.len() + 1,
            Values::Workers => workers,
        };
        let declaration = family.declaration();
        let combinations: usize = declaration.labels.iter().map(possible).product();
        // A histogram has a series for each bucket, one for all, and two sums.
        let most = combinations * if declaration.kind == Kind::Histogram { declaration.buckets.len() + 3 } else { 1 };
        assert!(most <= 2_000, "{} may have {most} series", declaration.name);
    }

    for number in 0..MOST_WORKERS {
        forget_worker(&format!("stranger-{number}"));
    }
    assert_eq!(series("cineswarm_tasks_total"), 1, "only those that were counted together are left");
}

#[test]
fn a_group_that_is_exposed_shows_its_zeros() {
    expose(Group::Worker);
    let text = render();
    assert!(text.contains("cineswarm_worker_task_stage_duration_seconds_count{stage=\"compute\"} 0\n"), "{text}");
    assert!(text.contains("# TYPE cineswarm_worker_task_stage_duration_seconds histogram\n"), "{text}");
}
