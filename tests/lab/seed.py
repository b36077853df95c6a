#!/usr/bin/python3
"""Fills the lab's domain: seed.py DC_DIRECTORY DNS_DOMAIN NUMBER_OF_GPOS

1,000 OUs (a tree, ten below each), 30 groups, 200 users, 200 computers, 20 WMI filters, 3 sites and the given number of GPOs
with registry.pol files, every fifth with a GptTmpl.inf, every sixth filtered, all linked. Written into the DC's own database
and SYSVOL in one transaction, which is fifty times faster than over LDAP. Runs on the DC's own machine, whether the DC is running or not.
"""
import os
import shutil
import struct
import sys
import uuid

import ldb
from samba.auth import system_session
from samba.ndr import ndr_pack, ndr_unpack
from samba.dcerpc import security
from samba.param import LoadParm
from samba.samdb import SamDB

NAMESPACE = uuid.UUID("3d5c3b6e-54d5-4f4b-9a55-7a0f6d5a1c01")  # names become the same GUIDs at every seeding
APPLY = "edacfd8f-ffb3-11d1-b41d-00a0c968f939"


def guid(kind, number):
    return "{%s}" % str(uuid.uuid5(NAMESPACE, "%s-%d" % (kind, number))).upper()


def registry_pol(key, count):
    """A PReg file with that many DWORD values ([MS-GPREG] 2.2.1)."""
    content = b"PReg\x01\x00\x00\x00"
    for index in range(count):
        name = "Value%d" % index
        fields = [(key + "\0").encode("utf-16-le"), (name + "\0").encode("utf-16-le"), struct.pack("<I", 4), struct.pack("<I", 4),
                  struct.pack("<I", index)]
        content += "[".encode("utf-16-le") + ";".encode("utf-16-le").join(fields) + "]".encode("utf-16-le")
    return content


def copy_security(source, target):
    """Gives a file or folder the owner and the stored ACLs of another."""
    status = os.stat(source)
    os.chown(target, status.st_uid, status.st_gid)
    for name in os.listxattr(source):
        if name.startswith(("security.", "system.", "user.")):
            os.setxattr(target, name, os.getxattr(source, name))


def main():
    dc, domain, gpo_count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    parameters = LoadParm()
    parameters.load(os.path.join(dc, "etc", "smb.conf"))
    samdb = SamDB(os.path.join(dc, "private", "sam.ldb"), session_info=system_session(), lp=parameters)
    base = str(samdb.get_default_basedn())
    config = str(samdb.get_config_basedn())
    policies = os.path.join(dc, "state", "sysvol", domain, "Policies")
    model = os.path.join(policies, "{31B2F340-016D-11D2-945F-00C04FB984F9}")

    samdb.transaction_start()
    ous = []
    for number in range(1000):
        parent = base if number < 10 else ous[number // 10 - 1]
        dn = "OU=Unit %04d,%s" % (number, parent)
        samdb.add({"dn": dn, "objectClass": "organizationalUnit", "description": "Seeded unit %d" % number})
        ous.append(dn)
    for number in range(30):
        samdb.add({"dn": "CN=Group %02d,CN=Users,%s" % (number, base), "objectClass": "group", "sAMAccountName": "group%02d" % number})
    for number in range(200):
        samdb.add({"dn": "CN=User %03d,%s" % (number, ous[number * 5]), "objectClass": "user", "sAMAccountName": "user%03d" % number})
        samdb.add({"dn": "CN=PC%03d,%s" % (number, ous[number * 5]), "objectClass": "computer", "sAMAccountName": "PC%03d$" % number,
                   "userAccountControl": "4096"})
    for number in range(200):
        change = ldb.Message(ldb.Dn(samdb, "CN=Group %02d,CN=Users,%s" % (number % 30, base)))
        change["member"] = ldb.MessageElement(["CN=User %03d,%s" % (number, ous[number * 5])], ldb.FLAG_MOD_ADD, "member")
        samdb.modify(change)

    for container in ("CN=WMIPolicy,CN=System", "CN=SOM,CN=WMIPolicy,CN=System"):
        try:
            samdb.add({"dn": "%s,%s" % (container, base), "objectClass": "container"})
        except ldb.LdbError as error:
            if error.args[0] != ldb.ERR_ENTRY_ALREADY_EXISTS:
                raise
    query = 'SELECT * FROM Win32_OperatingSystem WHERE Version LIKE "10.%"'
    for number in range(20):
        filter_id = guid("wmi", number)
        samdb.add({"dn": "CN=%s,CN=SOM,CN=WMIPolicy,CN=System,%s" % (filter_id, base), "objectClass": "msWMI-Som",
                   "msWMI-ID": filter_id, "msWMI-Name": "Filter %02d" % number, "msWMI-Parm1": "Seeded filter ",
                   "msWMI-Parm2": "1;3;10;%d;WQL;root\\CIMv2;%s;" % (len(query), query), "msWMI-Author": "Administrator@" + domain,
                   "msWMI-CreationDate": "20260301120000.000000-000", "msWMI-ChangeDate": "20260301120000.000000-000"})
    for number in range(3):
        site = "CN=Site-%d,CN=Sites,%s" % (number, config)
        samdb.add({"dn": site, "objectClass": "site"})
        samdb.add({"dn": "CN=NTDS Site Settings," + site, "objectClass": "nTDSSiteSettings"})
        samdb.add({"dn": "CN=Servers," + site, "objectClass": "serversContainer"})

    links = {}
    for number in range(gpo_count):
        gpo_id = guid("gpo", number)
        dn = "CN=%s,CN=Policies,CN=System,%s" % (gpo_id, base)
        security_settings = number % 5 == 0
        message = {"dn": dn, "objectClass": "groupPolicyContainer", "displayName": "Seeded policy %04d" % number, "flags": str(number % 4),
                   "versionNumber": str(65537), "gPCFunctionalityVersion": "2", "showInAdvancedViewOnly": "TRUE",
                   "gPCFileSysPath": "\\\\%s\\sysvol\\%s\\Policies\\%s" % (domain, domain, gpo_id),
                   "gPCMachineExtensionNames": "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"
                   + ("[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]" if security_settings else ""),
                   "gPCUserExtensionNames": "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F73-3407-48AE-BA88-E8213C6761F1}]"}
        if number % 10 == 0:
            message["gPCWQLFilter"] = "[%s;%s;0]" % (domain, guid("wmi", number // 10 % 20))
        samdb.add(message)
        for half in ("Machine", "User"):
            samdb.add({"dn": "CN=%s,%s" % (half, dn), "objectClass": "container"})
        if number % 6 == 0:
            found = samdb.search(base=dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"])
            descriptor = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])
            group = samdb.search(base=base, expression="(sAMAccountName=group%02d)" % (number // 6 % 30), attrs=["objectSid"])
            sid = ndr_unpack(security.dom_sid, group[0]["objectSid"][0])
            text = descriptor.as_sddl().replace("(OA;CI;CR;%s;;AU)" % APPLY, "(OA;CI;CR;%s;;%s)(A;CI;LCRPRC;;;%s)" % (APPLY, sid, sid))
            change = ldb.Message(ldb.Dn(samdb, dn))
            packed = ndr_pack(security.descriptor.from_sddl(text, security.dom_sid(samdb.get_domain_sid())))
            change["nTSecurityDescriptor"] = ldb.MessageElement([packed], ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
            samdb.modify(change)
        links.setdefault(ous[number % 1000], []).append("[LDAP://cn=%s,cn=policies,cn=system,%s;%d]" % (gpo_id, base, number % 3))

        folder = os.path.join(policies, gpo_id)
        shutil.rmtree(folder, ignore_errors=True)
        for path in ("", "Machine", "User") + (("Machine/Microsoft", "Machine/Microsoft/Windows NT", "Machine/Microsoft/Windows NT/SecEdit")
                                                if security_settings else ()):
            os.mkdir(os.path.join(folder, path))
            copy_security(model, os.path.join(folder, path))
        files = {"GPT.INI": b"[General]\r\nVersion=65537\r\n",
                 "Machine/Registry.pol": registry_pol("Software\\Policies\\Seed\\%d" % number, 20),
                 "User/Registry.pol": registry_pol("Software\\Policies\\Seed\\%d" % number, 10)}
        if security_settings:
            text = ("[Unicode]\r\nUnicode=yes\r\n[System Access]\r\nMinimumPasswordLength = %d\r\n[Version]\r\n"
                    "signature=\"$CHICAGO$\"\r\nRevision=1\r\n" % (number % 14))
            files["Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf"] = b"\xff\xfe" + text.encode("utf-16-le")
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
            copy_security(os.path.join(model, "GPT.INI"), os.path.join(folder, name))
    for dn, elements in links.items():
        change = ldb.Message(ldb.Dn(samdb, dn))
        change["gPLink"] = ldb.MessageElement(["".join(elements)], ldb.FLAG_MOD_REPLACE, "gPLink")
        samdb.modify(change)
    samdb.transaction_commit()
    print("seeded 1,000 OUs and %d GPOs" % gpo_count, file=sys.stderr)


main()
