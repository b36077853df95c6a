//! `CAP.inf`, the central access policies that a GPO brings to file servers ([MS-GPCAP] 2.2.1, `gpo-storage.md` B12).

use super::ini::{IniFile, IniProblem};

/// The file. Any bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentralAccessFile {
    file: IniFile,
}

const SECTION: &str = "CAPS";

impl CentralAccessFile {
    /// Reads a file. Any bytes are one.
    pub fn parse(bytes: &[u8]) -> Self {
        CentralAccessFile { file: IniFile::parse(bytes) }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Returns the distinguished names of the policies, with the lines that name none.
    pub fn policies(&self) -> (Vec<String>, Vec<IniProblem>) {
        let mut policies = Vec::new();
        let mut problems = Vec::new();
        for line in self.file.lines(SECTION) {
            let text = line.text.trim_end_matches(',').trim();
            let name = text.strip_prefix('"').map_or(text, |text| text.strip_suffix('"').unwrap_or(text));
            if name.contains('=') { policies.push(name.to_owned()) } else { problems.push(line.problem("a quoted DN")) }
        }
        (policies, problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_names() {
        let text = "[Version]\r\nSignature=\"$Windows NT$\"\r\n[CAPS]\r\n\"CN=Finance,CN=Central Access Policies,DC=x\"\r\nrubbish\r\n";
        let file = CentralAccessFile::parse(text.as_bytes());
        let (policies, problems) = file.policies();
        assert_eq!(policies, ["CN=Finance,CN=Central Access Policies,DC=x"]);
        assert_eq!(problems[0].to_string(), "line 5: expected a quoted DN, found `rubbish`");
        assert_eq!(file.to_bytes(), text.as_bytes());
    }
}
