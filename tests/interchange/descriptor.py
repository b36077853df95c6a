"""Self-relative security descriptors: the DACL taken apart, with every length checked."""
import struct

CONTROL_DACL = 0x0004
CONTROL_SACL = 0x0010
CONTROL_SELF_RELATIVE = 0x8000
# ACE types of a DACL: plain and object forms of allow and deny, and their callback forms, which carry data behind the SID.
PLAIN_TYPES = {0, 1, 9, 10}
OBJECT_TYPES = {5, 6, 11, 12}
CALLBACK_TYPES = {9, 10, 11, 12}
# Object and container inherit, no propagate, inherit only, inherited.
ACE_FLAGS = 0x1F


class Unsound(Exception):
    """The bytes are no descriptor that a set may hold."""


def sid_text(data):
    """The SID at the start of `data` as text, and its length."""
    if len(data) < 8 or data[0] != 1:
        raise Unsound("a SID is cut short or not of revision 1")
    count = data[1]
    length = 8 + 4 * count
    if not 1 <= count <= 15 or length > len(data):
        raise Unsound("a SID has %d parts, or more than there are bytes" % count)
    parts = struct.unpack_from("<%dI" % count, data, 8)
    return "S-1-%d%s" % (int.from_bytes(data[2:8], "big"), "".join("-%d" % part for part in parts)), length


class Dacl:
    """Control word and ACEs (type, flags, mask, SID, object part) of a descriptor that holds a DACL only.

    `aces` is None for a NULL DACL.
    """

    def __init__(self, data):
        # A descriptor of eight bytes is what scrubbing leaves: control word and nothing behind it.
        if len(data) < 4 or (len(data) < 20 and len(data) != 8):
            raise Unsound("%d bytes are too few" % len(data))
        if data[0] != 1 or data[1] != 0:
            raise Unsound("revision %d, resource manager byte %d" % (data[0], data[1]))
        self.control = struct.unpack_from("<H", data, 2)[0]
        if not self.control & CONTROL_SELF_RELATIVE or not self.control & CONTROL_DACL or self.control & CONTROL_SACL:
            raise Unsound("control 0x%04x is not self relative with a DACL and no SACL" % self.control)
        offsets = struct.unpack_from("<IIII", data, 4) if len(data) >= 20 else (0, 0, 0, 0)
        owner, group, sacl, dacl = offsets
        if owner or group or sacl:
            raise Unsound("owner, group or SACL is there")
        self.aces = None
        if dacl == 0:
            if len(data) > 20 or any(data[4:]):
                raise Unsound("bytes behind a NULL DACL")
            return
        if dacl != 20:
            raise Unsound("the DACL starts at %d, not at 20" % dacl)
        self.aces = aces_of(data[20:])


def aces_of(acl):
    """The ACEs of an ACL that fills `acl`."""
    if len(acl) < 8:
        raise Unsound("the ACL is cut short")
    revision, zero, size, count, reserved = struct.unpack_from("<BBHHH", acl)
    if revision not in (2, 4) or zero or reserved:
        raise Unsound("ACL of revision %d with reserved bytes %d and %d" % (revision, zero, reserved))
    if size != len(acl):
        raise Unsound("the ACL claims %d bytes of %d" % (size, len(acl)))
    aces, at = [], 8
    for number in range(1, count + 1):
        if at + 8 > size:
            raise Unsound("ACE %d starts behind the end" % number)
        kind, flags, length = struct.unpack_from("<BBH", acl, at)
        if length < 16 or length % 4 or at + length > size:
            raise Unsound("ACE %d has %d bytes" % (number, length))
        aces.append(ace_of(acl[at:at + length], kind, flags, number, revision))
        at += length
    if at != size:
        raise Unsound("%d bytes behind the last ACE" % (size - at))
    return aces


def ace_of(ace, kind, flags, number, revision):
    if kind not in PLAIN_TYPES | OBJECT_TYPES:
        raise Unsound("ACE %d of type %d does not belong into a DACL" % (number, kind))
    if flags & ~ACE_FLAGS:
        raise Unsound("ACE %d has flags 0x%02x" % (number, flags))
    mask = struct.unpack_from("<I", ace, 4)[0]
    start = 8
    if kind in OBJECT_TYPES:
        if revision != 4:
            raise Unsound("ACE %d is an object ACE in an ACL of revision %d" % (number, revision))
        present = struct.unpack_from("<I", ace, 8)[0]
        if present & ~3:
            raise Unsound("ACE %d has object flags 0x%x" % (number, present))
        start = 12 + 16 * bin(present).count("1")
    sid, length = sid_text(ace[start:])
    if start + length != len(ace) and kind not in CALLBACK_TYPES:
        raise Unsound("ACE %d has bytes behind its SID" % number)
    return (kind, flags, mask, sid, ace[8:start].hex())
