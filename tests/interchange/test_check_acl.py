#!/usr/bin/env python3
"""Show that each rule of check_acl.py can fail, and that it takes both ways of making a folder's list for right.

usage: test_check_acl.py
"""
import copy
import unittest

import check_acl

# What a GPO has that a member of Domain Admins made.
DIRECTORY = (
    "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)"
    "(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)"
    "(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)")
FOLDER = (
    "O:DAG:DAD:P(A;OICI;FA;;;DA)(A;OICI;FA;;;EA)(A;OICIIO;FA;;;CO)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;AU)(A;OICI;0x1200a9;;;ED)")
# The same by the way of Samba 4.17.
OF_SAMBA = FOLDER + "(OA;OICI;;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)"
FILE = "O:DAG:DAD:AI(A;ID;FA;;;DA)(A;ID;FA;;;EA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;AU)(A;ID;0x1200a9;;;ED)"
READER = "(A;CI;LCRPRC;;;S-1-5-21-1-2-3-1101)"
READER_OF_FILES = "(A;OICI;0x1200a9;;;S-1-5-21-1-2-3-1101)"
GPO = {"gpo": "{A}", "directory": DIRECTORY, "folder": FOLDER, "below": {"GPT.INI": FILE, "Machine/": FILE}}
SOM = {"som": "OU=a", "directory": "O:DAG:DAD:(OA;CI;RPWP;%s;;AU)(OA;CI;RPWP;%s;;AU)" % (check_acl.LINK, check_acl.OPTIONS)}


def changed(**values):
    return dict(copy.deepcopy(GPO), **values)


class Checker(unittest.TestCase):
    def check(self, one, expected, windows=()):
        rules = [rule for _, rule, _ in check_acl.check([one], windows=windows)]
        self.assertEqual(rules, expected, check_acl.check([one], windows=windows))

    def test_what_is_right(self):
        for one in [GPO, SOM, changed(folder=OF_SAMBA, below={}),
                    changed(directory=DIRECTORY + READER, folder=FOLDER + READER_OF_FILES, below={}),
                    changed(directory=DIRECTORY + "(A;CI;RPLC;;;RU)"),
                    # Without SYNCHRONIZE, and twice.
                    changed(folder=FOLDER.replace("0x1200a9;;;AU", "0x200a9;;;AU") + "(A;OICI;FA;;;DA)", below={})]:
            self.check(one, [])

    def test_worked_masks(self):
        for mask, expected in [(0x20094, 0x1200A9), (0x20014, 0x1200A9), (0x20037, 0x1201FF), (0xF0037, 0x1F01FF),
                               (0xF00FF, 0x1F01FF)]:
            self.assertEqual(check_acl.file_mask(mask), expected & ~check_acl.SYNCHRONIZE)

    def test_folder_differs(self):
        self.check(changed(directory=DIRECTORY + READER), ["folder-differs"])
        self.check(changed(folder=FOLDER + READER_OF_FILES, below={}), ["folder-differs"])
        self.check(changed(folder=FOLDER.replace("0x1200a9;;;AU", "0x1301bf;;;AU"), below={}), ["folder-differs"])
        denial = DIRECTORY.replace("PAI(", "PAI(D;CI;LCRPRC;;;S-1-5-21-1-2-3-1101)(")
        self.check(changed(directory=denial), ["folder-differs"], windows=["{A}"])

    def test_object_entry_in_file(self):
        self.check(changed(folder=OF_SAMBA, below={}), ["folder-differs", "object-entry-in-file"], windows=["{a}"])
        entry = "(OA;ID;;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)"
        self.check(changed(below={"GPT.INI": FILE + entry}), ["object-entry-in-file"])

    def test_folder_inherits(self):
        self.check(changed(folder=FOLDER.replace("D:P(", "D:AI(")), ["folder-inherits"])
        self.check(changed(directory=DIRECTORY.replace("D:PAI(", "D:AI(")), ["folder-inherits"])

    def test_below_differs(self):
        self.check(changed(below={"GPT.INI": FILE.replace("(A;ID;0x1200a9;;;AU)", "")}), ["below-differs"])
        self.check(changed(below={"Machine/": FILE + "(A;;FA;;;WD)"}), ["below-differs"])
        # Of its owner it may have an entry more.
        self.check(changed(below={"Machine/": FILE.replace("O:DA", "O:BA") + "(A;;FA;;;BA)"}), [])

    def test_order(self):
        self.check(changed(directory=DIRECTORY + "(OD;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;BA)"), ["order"])
        inherited = "(A;CIID;LCRPLORC;;;DA)"
        self.check(changed(directory=DIRECTORY.replace("PAI(", "PAI%s(" % inherited),
                           folder=FOLDER + "(A;OICI;0x1200a9;;;DA)", below={}), ["order"])

    def test_half_link_right(self):
        half = dict(SOM, directory=SOM["directory"] + "(OA;;RPWP;%s;;BA)" % check_acl.LINK)
        self.check(half, ["half-link-right"])

    def test_unreadable(self):
        self.check(changed(folder="nonsense"), ["unreadable"])


if __name__ == "__main__":
    unittest.main()
