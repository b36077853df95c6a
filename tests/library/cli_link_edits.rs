//! Links and OUs changed from the command line, in a forest file: done, shown with `--dry-run`, said twice, undone.

use serde_json::Value;

use super::cli::{program, text};
use crate::common::small_domain::{BASELINE, DOMAIN, as_backed_up, dns, make_forest, write_gpo};

struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = make_forest(&folder.path().join("corp.forest"));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(write_gpo(&store, &dns(DOMAIN), BASELINE, &as_backed_up()));
        Ground { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs the program; returns what it printed, and its errors behind that.
    fn run(&self, arguments: &[&str], expected_code: i32) -> String {
        let forest = self.path("corp.forest");
        let all: Vec<&str> = ["--writable", "--connect", &forest].iter().chain(arguments).copied().collect();
        let output = program(&all).env("OPENGPMC_JOURNAL", self.path("journal")).output().unwrap();
        let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
        // A filter of the domain is damaged, which whoever reads all of it is told.
        let code = output.status.code().map(|code| if code == 3 { 0 } else { code });
        assert_eq!(code, Some(expected_code), "{arguments:?}: {told}");
        if expected_code == 0 && arguments.contains(&"--json") { text(&output.stdout) } else { told }
    }

    /// Returns order, enabled and enforced of each link of the OU, by GPO.
    fn links(&self) -> Vec<(u64, bool, bool)> {
        let list: Value = serde_json::from_str(&self.run(&["link", "list", OU, "--json"], 0)).unwrap();
        let link = |link: &Value| {
            (link["order"].as_u64().unwrap(), link["enabled"].as_bool().unwrap(), link["enforced"].as_bool().unwrap())
        };
        list.as_array().unwrap().iter().map(link).collect()
    }
}

const OU: &str = "corp.test/Links";

#[test]
fn links_are_created_changed_moved_and_deleted() {
    let ground = Ground::new();
    assert!(ground.run(&["ou", "create", "corp.test", "Links", "--dry-run"], 0).contains("add OU=Links"));
    ground.run(&["ou", "create", "corp.test", "Links"], 0);
    assert!(ground.run(&["ou", "ensure", "corp.test", "Links"], 0).contains("nothing to do"));
    assert!(ground.run(&["ou", "create", "corp.test", "links"], 1).contains("already"));

    assert!(ground.run(&["link", "create", OU, "Baseline", "--dry-run"], 0).contains("gPLink (none) -> `[LDAP://cn="));
    assert!(ground.links().is_empty());
    ground.run(&["link", "create", OU, "Baseline"], 0);
    assert_eq!(ground.links(), [(1, true, false)]);
    assert!(ground.run(&["link", "create", OU, "Baseline"], 1).contains("already"));
    assert!(ground.run(&["link", "ensure", OU, BASELINE], 0).contains("nothing to do"));
    ground.run(&["link", "ensure", OU, BASELINE, "--enforced", "yes"], 0);
    ground.run(&["link", "set", OU, "Baseline", "--enabled", "no"], 0);
    assert_eq!(ground.links(), [(1, false, true)]);
    assert!(ground.run(&["link", "set", OU, "Baseline"], 2).contains("--enabled or --enforced"));
    assert!(ground.run(&["link", "move", OU, "Baseline", "--to", "top"], 0).contains("nothing to do"));
    ground.run(&["link", "move", OU, "Baseline", "--to", "sideways"], 2);
    ground.run(&["ou", "create", OU, "Inner"], 0);
    ground.run(&["link", "move", OU, "Baseline", "--to-som", "corp.test/Links/Inner"], 0);
    assert!(ground.links().is_empty());
    ground.run(&["link", "move", "corp.test/Links/Inner", "Baseline", "--to-som", OU], 0);
    ground.run(&["link", "delete", OU, "Baseline", "--occurrence", "2"], 1);
    ground.run(&["link", "delete", OU, BASELINE], 0);
    assert!(ground.links().is_empty());
    assert!(ground.run(&["link", "delete", OU, "Baseline"], 1).contains("link list"));
    ground.run(&["journal", "undo"], 0);
    assert_eq!(ground.links(), [(1, false, true)]);

    ground.run(&["som", "block-inheritance", OU], 0);
    assert!(ground.run(&["som", "show", OU], 0).contains("blocked"));
    assert!(ground.run(&["som", "block-inheritance", OU], 0).contains("nothing to do"));
    ground.run(&["som", "allow-inheritance", OU], 0);

    ground.run(&["ou", "rename", "corp.test/Links/Inner", "Within"], 0);
    assert!(ground.run(&["ou", "delete", OU], 1).contains("1 object (1 organizational unit)"));
    assert!(ground.run(&["ou", "delete", OU, "--with-children", "--dry-run"], 0).contains("cannot be undone"));
    ground.run(&["ou", "delete", "corp.test/Links/Within"], 0);
    ground.run(&["journal", "undo"], 0);
    ground.run(&["ou", "delete", OU, "--with-children"], 0);
    ground.run(&["som", "show", OU], 1);
}
