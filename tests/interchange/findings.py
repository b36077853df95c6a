"""The rules of a backup set, each with its weight, and the list that collects what breaks them.

Three weights: `error` breaks what real sets prove, `note` only differs from what is believed of them, and `archive` is what
version control and packing do to a genuine set: an error, unless sets from such a place are checked.
"""
import json

RULES = {
    # The root and manifest.xml
    "root-empty": ("error", "the folder holds no backup set"),
    "root-stray": ("note", "something beside the manifest and the set folders"),
    "manifest-missing": ("archive", "every backup root has a manifest.xml"),
    "manifest-entry-without-set": ("archive", "every entry of the manifest has its folder"),
    "manifest-root": ("error", "the manifest starts with Backups, its two namespace declarations and version 1.0"),
    "manifest-end": ("error", "the manifest ends right behind its root element"),
    "manifest-child": ("error", "the manifest holds BackupInst entries only"),
    "manifest-twice": ("error", "a set is entered once"),
    "manifest-set-without-entry": ("archive", "every set folder has its entry"),
    "manifest-differs": ("archive", "the manifest's entry and bkupInfo.xml say the same"),
    # One entry, in the manifest or in bkupInfo.xml
    "index-bom": ("error", "manifest.xml and bkupInfo.xml have no byte order mark"),
    "index-declaration": ("error", "manifest.xml and bkupInfo.xml have no XML declaration"),
    "index-lines": ("error", "manifest.xml and bkupInfo.xml are one line"),
    "entry-children": ("error", "an entry has the eight children in their order, in the manifest namespace"),
    "entry-cdata": ("error", "every value of an entry is in CDATA, empty ones too"),
    "entry-guid": ("error", "GUIDs of an entry are in braces; the set's id in upper case, the domain's in lower case"),
    "entry-value": ("error", "domain, domain controller and display name of an entry are filled in"),
    "entry-time": ("error", "BackupTime is a date and time in whole seconds without a zone"),
    "entry-si": ("error", "SIPresent is true exactly if software installation is registered, and mfst is declared only with it"),
    "info-root": ("error", "bkupInfo.xml starts with BackupInst and its namespace declaration"),
    "info-end": ("archive", "bkupInfo.xml ends with one CR LF"),
    "info-folder": ("error", "the id in bkupInfo.xml is the name of the set's folder"),
    # The folder of a set
    "set-missing": ("error", "a set has Backup.xml, bkupInfo.xml and DomainSysvol\\GPO"),
    "set-stray": ("archive", "a set holds Backup.xml, bkupInfo.xml, gpreport.xml and DomainSysvol\\GPO, nothing else"),
    "xml": ("error", "XML files are well formed and have no document type"),
    # Backup.xml as a text
    "backup-head": ("error", "Backup.xml starts with declaration, a comment and root element on one line"),
    "backup-lines": ("archive", "lines of Backup.xml end with CR LF"),
    "backup-end": ("error", "Backup.xml ends right behind its root element"),
    "backup-namespace": ("error", "elements and attributes of Backup.xml are in the GPOOperations namespace"),
    "backup-structure": ("error", "Backup.xml holds one GroupPolicyObject: SecurityGroups, FilePaths, core settings, extensions"),
    "file-paths": ("note", "FilePaths holds File elements at most"),
    # Core settings
    "core-children": ("error", "core settings are complete and in order; WMIFilterName exactly with a filter"),
    "core-cdata": ("error", "core values are in CDATA, the descriptor is not"),
    "core-index": ("error", "GPO, domain and name are those of bkupInfo.xml"),
    "core-options": ("error", "Options is a number from 0 to 3"),
    "core-version": ("error", "version numbers are unsigned 32 bit decimals"),
    "core-version-halves": ("note", "directory and SYSVOL version of a side are mostly equal"),
    "core-wmi": ("error", "WMIFilter is MSFT_SomFilter.ID=\"{GUID}\",Domain=\"dns\""),
    "descriptor-hex": ("error", "the descriptor is lower-case hex bytes with one blank between"),
    "descriptor": ("error", "the descriptor is self relative, holds a DACL only, and every ACE of it is sound"),
    "descriptor-null": ("archive", "the descriptor has a DACL that is not NULL"),
    "descriptor-control": ("note", "the control word is 0x9c04 in all sets that were not scrubbed"),
    "extensions-grammar": ("error", "an extension list is groups [{extension}{tool}…] without anything between, or one blank"),
    "extensions-order": ("error", "groups and the tools of a group ascend, and no extension comes twice"),
    "extensions-case": ("note", "extension lists are in upper case"),
    "extensions-preferences": ("error", "the tools of the zero group are exactly those of the preference extensions of the side"),
    # Extension blocks
    "block-unknown-id": ("error", "a block has a known id, as it is spelled, and the name that belongs to it"),
    "block-unseen": ("note", "a block of an extension that no real set has one for"),
    "block-order": ("error", "the Registry block is first, Unknown Extension is last"),
    "block-twice": ("error", "an extension has one block"),
    "block-registration": ("error", "Scripts, Security and Software Installation have a block exactly if they are registered"),
    "registry-block": ("error", "the Registry block lists registry.pol of each side that has one, then the Adm line"),
    "scripts-block": ("error", "the Scripts block lists its ini files and the four pairs of patterns in their order"),
    "security-block": ("error", "the Security block lists GptTmpl.inf under its fixed path with its function"),
    "software-block": ("error", "class store, packages and template entry nest and carry their classes and attributes"),
    "claimed-elsewhere": ("error", "what a block claims is not in Unknown Extension"),
    "unknown-block": ("error", "Unknown Extension lists objects one beside the other, each file and folder with a location"),
    "unknown-depth": ("error", "Unknown Extension lists a folder before what it holds"),
    "unknown-order": ("note", "Unknown Extension lists directory objects first, then each folder by name"),
    # Objects
    "object-attributes": ("error", "an object has the attributes of its kind, with known functions only"),
    "object-path": ("error", "a path starts with a macro of the template or the container"),
    "object-source": ("error", "SourceExpandedPath is the path on the backup's domain controller, domain and GPO"),
    "object-location": ("error", "Location is the path below DomainSysvol\\GPO, with Machine and User"),
    "object-twice": ("error", "a file or folder is listed once"),
    "object-value": ("error", "attribute values of directory objects fit their kind"),
    "file-missing": ("error", "every listed file is there"),
    "folder-missing": ("archive", "every listed folder is there"),
    "object-kind": ("error", "a listed file is a file, a listed folder a folder"),
    "unlisted": ("error", "every file and folder below DomainSysvol\\GPO is listed"),
    "gpt-ini": ("note", "GPT.INI is not part of a set"),
    "disk-twins": ("error", "names that differ in case only cannot live on Windows"),
    # Security groups
    "group-children": ("error", "a group has its six children in order, values in CDATA, FromDACL the only source"),
    "group-type": ("error", "Type is one of User, Computer, LocalGroup, GlobalGroup, UniversalGroup, Unknown"),
    "group-domain": ("error", "a domain principal has SID, name, both domain names and UPN name@dns-domain"),
    "group-known": ("error", "a principal of type Unknown has a name or a SID, no domain and no UPN; well-known ones no SID"),
    "group-twice": ("error", "a principal is listed once"),
    "group-dacl": ("error", "FromDACL marks exactly the domain principals of the descriptor"),
    "group-settings": ("error", "principals of rights and restricted groups are listed"),
    "group-unused": ("note", "a principal that is not from the DACL occurs in a settings file"),
    "group-order": ("note", "principals from settings come before those from the DACL"),
    # gpreport.xml
    "report-missing": ("archive", "a set has its report"),
    "report-encoding": ("error", "the report is UTF-16 LE with mark, declaration and CR LF"),
    "report-structure": ("error", "the report has the proven root element and children in order"),
    "report-same": ("error", "GPO, domain, name, filter, versions and enabled sides are those of Backup.xml"),
    "report-time": ("error", "ReadTime is UTC with a fraction, at or a few seconds after BackupTime"),
    "report-descriptor": ("error", "the report's descriptor has the DACL of the set"),
    "report-extensions": ("error", "a reported extension is registered on its side"),
}

# The most seconds from BackupTime to ReadTime. Real sets have up to 11.
READ_SECONDS = 30


class Findings:
    """What was found, in order; `archived` makes notes of what archives do to a set."""

    def __init__(self, archived):
        self.archived = archived
        self.items = []

    def add(self, path, rule, what):
        weight = RULES[rule][0]
        if weight == "archive":
            weight = "note" if self.archived else "error"
        self.items.append({"path": path, "rule": rule, "severity": weight, "what": what})

    def errors(self):
        return sum(item["severity"] == "error" for item in self.items)

    def as_json(self):
        return json.dumps(self.items, ensure_ascii=False, indent=1)

    def as_text(self):
        return "\n".join("%s: %s: %s%s" % (item["path"], item["rule"], "" if item["severity"] == "error" else "(note) ", item["what"])
                         for item in self.items)
