#!/usr/bin/env python3
"""Show that every rule of check_set.py can fail: one change to a sound set for each.

usage: test_check_set.py
"""
import os
import re
import shutil
import sys
import tempfile
import unittest

import check_set
import sample
from findings import RULES, Findings

SYSVOL = "DomainSysvol/GPO/"
PRIVILEGES = SYSVOL + "Machine/microsoft/windows nt/SecEdit/GptTmpl.inf"


def text(name, old, new, encoding="utf-8", count=-1):
    """Replace in a file of the set (`manifest.xml` lies in the root)."""
    def change(root, folder):
        path = os.path.join(root if name == "manifest.xml" else folder, name)
        with open(path, "rb") as file:
            data = file.read()
        changed = data.replace(old.encode(encoding), new.encode(encoding), count)
        assert changed != data, "nothing to change: %s" % old
        with open(path, "wb") as file:
            file.write(changed)
    return change


def backup(old, new, count=-1):
    return text("Backup.xml", old, new, count=count)


def report(old, new):
    return text("gpreport.xml", old, new, "utf-16-le")


def everywhere(old, new):
    """Replace in manifest.xml and bkupInfo.xml alike."""
    def change(root, folder):
        for name in ("manifest.xml", "bkupInfo.xml"):
            text(name, old, new)(root, folder)
    return change


def add(name, data=b"x"):
    def change(_root, folder):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    return change


def remove(name):
    def change(_root, folder):
        path = os.path.join(folder, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    return change


def steps(*changes):
    def change(root, folder):
        for one in changes:
            one(root, folder)
    return change


def enter_twice(root, _folder):
    path = os.path.join(root, "manifest.xml")
    with open(path, encoding="utf-8") as file:
        head, entry, tail = re.split("(<BackupInst.*</BackupInst>)", file.read())
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(head + entry + entry + tail)


def block(name):
    """The text of one block of the sample's Backup.xml."""
    whole = sample.backup_xml()
    start = whole.index("<GroupPolicyExtension", whole.index('bkp:DescName="%s"' % name) - 90)
    return whole[start:whole.index("</GroupPolicyExtension>", start) + len("</GroupPolicyExtension>")]


def group(identity):
    return next(part for part in sample.backup_xml().split("<Group") if identity in part and part.startswith((">", " ")))


def line(path):
    """The listing line of a path in Unknown Extension."""
    return sample.listed("FSObjectDir" if "." not in path.split("\\")[-1] else "FSObjectFile", path)


MACHINE = "%GPO_MACH_FSPATH%\\"
COMMENT = line("%GPO_FSPATH%\\GPO.cmt")
EMPTY = line("%GPO_USER_FSPATH%\\Empty")
DESCRIPTOR = sample.descriptor()
MOVE_GROUP = steps(backup("<Group" + group("anna"), ""), backup("</SecurityGroups>", "<Group" + group("anna") + "</SecurityGroups>"))
CHANGES = [
    ("root-empty", lambda root, folder: shutil.rmtree(folder) or os.remove(os.path.join(root, "manifest.xml"))),
    ("root-stray", add("../notes.txt")),
    ("manifest-missing", remove("../manifest.xml")),
    ("manifest-entry-without-set", lambda root, folder: shutil.rmtree(folder)),
    ("manifest-root", text("manifest.xml", 'mfst:version="1.0"', 'mfst:version="2.0"')),
    ("manifest-end", text("manifest.xml", "</Backups>", "</Backups>\r\n")),
    ("manifest-child", text("manifest.xml", "</Backups>", "<Other/></Backups>")),
    ("manifest-child", text("manifest.xml", "</Backups>", "x</Backups>")),
    ("manifest-twice", enter_twice),
    ("manifest-set-without-entry", lambda root, folder: shutil.copytree(folder, folder.replace("0A1B2C3D", "0A1B2C3E"))),
    ("manifest-differs", text("manifest.xml", "[Sample]", "[Other]")),
    ("index-bom", text("bkupInfo.xml", "<BackupInst", "\ufeff<BackupInst")),
    ("index-declaration", text("manifest.xml", "<Backups", '<?xml version="1.0"?><Backups')),
    ("index-lines", text("manifest.xml", "<BackupInst", "\r\n<BackupInst")),
    ("entry-children", everywhere("<Comment><![CDATA[]]></Comment>", "")),
    ("entry-children", text("bkupInfo.xml", "<Comment>", "x<Comment>")),
    ("entry-cdata", everywhere("<Comment><![CDATA[]]></Comment>", "<Comment/>")),
    ("entry-guid", everywhere("{aaaaaaaa", "{AAAAAAAA")),
    ("entry-value", everywhere("[dc1.example.test]", "[]")),
    ("entry-time", everywhere("04:05:06", "04:05:06Z")),
    ("entry-time", everywhere("2026-02-03", "2026-02-30")),
    ("entry-si", everywhere(' mfst:SIPresent="true"', "")),
    ("entry-si", everywhere('SIPresent="true"', 'SIPresent="false"')),
    ("info-root", text("bkupInfo.xml", 'xmlns:mfst="', 'xmlns:x="y" xmlns:mfst="')),
    ("info-end", text("bkupInfo.xml", "\r\n", "\n")),
    ("info-folder", lambda root, folder: os.rename(folder, folder.replace("0A1B2C3D", "0A1B2C3E"))),
    ("set-missing", remove("DomainSysvol")),
    ("set-missing", remove("Backup.xml")),
    ("set-stray", add("lock")),
    ("set-stray", add("DomainSysvol/lock")),
    ("xml", backup("</GroupPolicyObject>", "")),
    ("xml", text("bkupInfo.xml", "<BackupInst", "<!DOCTYPE x><BackupInst")),
    ("backup-head", backup("reserved. -->", "reserved. -->\r\n")),
    ("backup-lines", backup("\r\n", "\n")),
    ("backup-end", backup("</GroupPolicyBackupScheme>", "</GroupPolicyBackupScheme>\r\n")),
    ("backup-namespace", backup("<FilePaths/>", '<FilePaths xmlns=""/>')),
    ("backup-structure", backup("<FilePaths/>", "")),
    ("backup-structure", backup("<FilePaths/>", "<FilePaths/>x")),
    ("file-paths", backup("<FilePaths/>", "<FilePaths><Path/></FilePaths>")),
    ("core-children", backup("<WMIFilterName><![CDATA[Servers]]></WMIFilterName>", "")),
    ("core-cdata", backup("<![CDATA[131074]]>", "131074")),
    ("core-cdata", backup(DESCRIPTOR, "<![CDATA[%s]]>" % DESCRIPTOR)),
    ("core-index", backup("<DisplayName><![CDATA[Sample]]>", "<DisplayName><![CDATA[Other]]>")),
    ("core-options", backup("<Options><![CDATA[1]]>", "<Options><![CDATA[4]]>")),
    ("core-version", backup("[131074]", "[-131074]")),
    ("core-version-halves", backup("[131074]", "[131073]")),
    ("core-wmi", backup("MSFT_SomFilter.ID=", "MSFT_SomFilter.Name=")),
    ("descriptor-hex", backup(DESCRIPTOR, DESCRIPTOR.replace("9c", "9C"))),
    ("descriptor-hex", backup(DESCRIPTOR, DESCRIPTOR.replace(" ", ""))),
    ("descriptor", backup(DESCRIPTOR, DESCRIPTOR[:-12])),
    ("descriptor", backup(DESCRIPTOR, DESCRIPTOR + " 00 00 00 00")),
    ("descriptor", backup("01 00 04 9c 00 00", "01 00 04 9c 14 00")),
    ("descriptor", backup(" 05 02 ", " 07 02 ")),
    ("descriptor-null", backup(DESCRIPTOR, "01 00 04 80 00 00 00 00")),
    ("descriptor-control", backup("01 00 04 9c", "01 00 04 8c")),
    ("extensions-grammar", backup("}][{", "}] [{", 1)),
    ("extensions-grammar", backup("{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}", "")),
    ("extensions-order", backup("[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}", "[{227D319E-6EAC-11D2-A4EA-00C04F79F83A}")),
    ("extensions-case", backup("{803E14A0-", "{803e14a0-")),
    ("extensions-preferences", backup("[{00000000-0000-0000-0000-000000000000}{BEE07A6A-EC9F-4659-B8C9-0B1937907C83}]", "")),
    ("block-unknown-id", backup('bkp:DescName="Security"', 'bkp:DescName="security"')),
    ("block-unseen", steps(
        backup("[{C6DC5466", "[{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1D-2488-11D1-A28C-00C04FB94F17}][{C6DC5466"),
        backup(block("Unknown Extension"), '<GroupPolicyExtension bkp:ID="{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}" '
               'bkp:DescName="EFS"/>' + block("Unknown Extension")))),
    ("block-order", steps(backup(block("Registry"), ""),
                          backup(block("Unknown Extension"), block("Registry") + block("Unknown Extension")))),
    ("block-twice", backup(block("Security"), block("Security") * 2)),
    ("block-registration", backup(block("Security"), "")),
    ("block-registration", backup("[{42B5FAAE-6536-11D2-AE5A-0000F87571E3}{40B6664F-4972-11D1-A7CA-0000F87571E3}]", "")),
    ("registry-block", backup(sample.listed("FSObjectFile", "%GPO_FSPATH%\\Adm\\*.*", copied=False), "")),
    ("scripts-block", backup("\\Scripts\\Logoff\\*", "\\Scripts\\Logout\\*")),
    ("security-block", backup(' bkp:ReEvaluateFunction="SecurityValidateSettings"', "")),
    ("software-block", backup("[1740]", "[1741]")),
    ("software-block", backup('<DSAttributeString bkp:DSAttrName="revision"/>', "")),
    ("software-block", backup("[Application Store]", "[Store]")),
    ("software-block", backup("<SecurityDescriptor/>", "")),
    ("software-block", backup('"revision"/>', '"revision"><DSValue><![CDATA[1]]></DSValue></DSAttributeString>')),
    ("software-block", backup(' bkp:ReEvaluateFunction="SIProcessAllPackageObjects"', "")),
    ("claimed-elsewhere", steps(backup(line(MACHINE + "registry.pol"), ""), backup(COMMENT, line(MACHINE + "registry.pol") + COMMENT))),
    ("unknown-block", backup("\\Empty\"/>", "\\Empty\"><FilePaths/></FSObjectDir>")),
    ("unknown-depth", backup(line(MACHINE + "Preferences") + "\r\n" + line(MACHINE + "Preferences\\Registry"),
                             line(MACHINE + "Preferences\\Registry") + "\r\n" + line(MACHINE + "Preferences"))),
    ("unknown-order", steps(backup(EMPTY, ""), backup(COMMENT, EMPTY + COMMENT))),
    ("object-attributes", backup("SecurityValidateSettings", "Other")),
    ("object-path", backup('bkp:Path="%GPO_USER_FSPATH%\\Empty"', 'bkp:Path="%GPO_USER_FSPATH%\\..\\Empty"')),
    ("object-path", backup('bkp:Path="%GPO_USER_FSPATH%\\Empty"', 'bkp:Path="%GPO_FSPATH%\\User\\Empty"')),
    ("object-path", backup('bkp:Path="cn=Class Store,%GPO_MACH_DSPATH%"', 'bkp:Path="Class Store,%GPO_MACH_DSPATH%"')),
    ("object-source", backup("\\User\\Empty\" bkp:Location", "\\User\\Full\" bkp:Location")),
    ("object-source", everywhere("[dc1.example.test]", "[dc2.example.test]")),
    ("object-source", backup("CN=System,DC=example,DC=test", "CN=System,DC=example")),
    ("object-location", backup("GPO\\User\\Empty", "GPO\\USER\\Empty")),
    ("object-twice", backup(EMPTY, EMPTY * 2)),
    ("object-value", backup("[1740]", "[many]")),
    ("file-missing", remove(SYSVOL + "GPO.cmt")),
    ("folder-missing", remove(SYSVOL + "User/Empty")),
    ("object-kind", steps(remove(SYSVOL + "User/Empty"), add(SYSVOL + "User/Empty"))),
    ("unlisted", add(SYSVOL + "User/registry.pol")),
    ("unlisted", lambda root, folder: os.mkdir(os.path.join(folder, SYSVOL + "Adm"))),
    ("gpt-ini", add(SYSVOL + "GPT.INI")),
    ("disk-twins", add(SYSVOL + "gpo.CMT")),
    ("group-children", backup("<UPN/>", "")),
    ("group-children", backup('bkp:Source="FromDACL"', 'bkp:Source="FromACL"')),
    ("group-type", backup("[GlobalGroup]", "[Group]")),
    ("group-domain", backup("[anna@example.test]", "[anna@EXAMPLE]")),
    ("group-known", backup("<Sid/>", "<Sid><![CDATA[S-1-5-32-544]]></Sid>")),
    ("group-twice", backup("<Group" + group("anna"), ("<Group" + group("anna")) * 2)),
    ("group-dacl", backup(' bkp:Source="FromDACL"', "")),
    ("group-settings", backup("<Group" + group("anna"), "")),
    ("group-settings", text(PRIVILEGES, "544,", "544,guest,", "utf-16-le")),
    ("group-unused", text(PRIVILEGES, "*" + sample.MEMBER, "", "utf-16-le")),
    ("group-order", MOVE_GROUP),
    ("report-missing", remove("gpreport.xml")),
    ("report-encoding", report("\r\n", "\n")),
    ("report-encoding", report("\ufeff", "")),
    ("report-structure", report("<IncludeComments>true</IncludeComments>", "")),
    ("report-same", report("<Name>Sample</Name>", "<Name>Other</Name>")),
    ("report-same", report("<VersionSysvol>2<", "<VersionSysvol>3<")),
    ("report-same", report("<Enabled>false<", "<Enabled>true<")),
    ("report-same", report("<FilterName>Servers</FilterName>", "")),
    ("report-time", report("04:05:07.", "06:05:07.")),
    ("report-time", report(".1234567Z", "+01:00")),
    ("report-descriptor", report("(A;CI;CC;;;DA)", "")),
    ("report-extensions", report("<Name>Windows Registry</Name>", "<Name>Files</Name>")),
]


def found(change, archived=False):
    """The findings in a sound set after `change`."""
    with tempfile.TemporaryDirectory() as root:
        change(root, sample.write(root))
        findings = Findings(archived)
        check_set.check([root], findings)
        return findings.items


class CheckSet(unittest.TestCase):
    def test_sound_set(self):
        self.assertEqual(found(lambda root, folder: None), [])

    def test_each_change_breaks_its_rule(self):
        for rule, change in CHANGES:
            with self.subTest(rule=rule):
                self.assertIn(rule, [item["rule"] for item in found(change)])

    def test_each_rule_has_a_change(self):
        self.assertEqual(set(RULES), {rule for rule, _ in CHANGES})

    def test_archives_turn_errors_into_notes(self):
        for archived, severity in ((False, "error"), (True, "note")):
            items = found(text("bkupInfo.xml", "\r\n", "\n"), archived)
            self.assertEqual([item["severity"] for item in items], [severity])


if __name__ == "__main__":
    sys.exit(unittest.main())
