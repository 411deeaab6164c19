"""XMP packets and IPTC-IIM records, as Adobe's programs write them."""

import struct

import pytest

from tests import samples
from tests.media.metadata import written
from tests.media.metadata.written import read

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
   xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:stEvt="urn:other"
   xmp:CreatorTool="Lightroom 13" photoshop:Credit="Reuters" xmp:Rating="4">
  <dc:title><rdf:Alt><rdf:li xml:lang="de">Katze</rdf:li><rdf:li xml:lang="x-default">Cat</rdf:li></rdf:Alt></dc:title>
  <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Grace</rdf:li></rdf:Seq></dc:creator>
  <dc:subject><rdf:Bag><rdf:li>cat</rdf:li><rdf:li>moon &amp; stars</rdf:li></rdf:Bag></dc:subject>
  <xmpRights:WebStatement rdf:resource="https://example.com/rights"/>
  <photoshop:Headline>A cat at night</photoshop:Headline>
  <Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>
  <stEvt:other>not kept</stEvt:other>
 </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
SAID = {
    "creator_tool": "Lightroom 13",
    "credit": "Reuters",
    "rating": "4",
    "title": "Cat",
    "creator": ["Ada", "Grace"],
    "keywords": ["cat", "moon & stars"],
    "web_statement": "https://example.com/rights",
    "headline": "A cat at night",
    "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
}
BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>"""
FOREIGN = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"""


def jpeg_of(packet: bytes) -> bytes:
    return written.jpeg_with(written.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))


def mp4_of(packet: bytes) -> bytes:
    body = b"uuid" + bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + packet
    return samples.mp4() + struct.pack(">I", len(body) + 4) + body


def files() -> dict[str, bytes]:
    return {
        "JPEG": written.saved("JPEG", xmp=PACKET),
        "JPEG by hand": jpeg_of(PACKET),
        "PNG": written.png({"XML:com.adobe.xmp": PACKET.decode()}),
        "PNG, packed": written.png({"XML:com.adobe.xmp": PACKET.decode()}, packed=True),
        "WebP": written.saved("WEBP", xmp=PACKET),
        "AVIF": written.saved("AVIF", xmp=PACKET),
        "MP4": mp4_of(PACKET),
    }


@pytest.mark.parametrize("kind", files())
def test_properties_are_read(tmp_path, kind):
    assert read(tmp_path, files()[kind])["data"] == {"xmp": SAID}


@pytest.mark.parametrize("packet", [BOMB, FOREIGN, b"<x>" * 100_000, b"<x", PACKET[:900], b"\xff\xfe<"])
def test_hostile_packet_is_named_and_refuses_nothing(tmp_path, packet):
    data = jpeg_of(packet) if len(packet) < 65_000 else written.png({"XML:com.adobe.xmp": packet.decode()})
    said = read(tmp_path, data)["data"]
    assert said.pop("unreadable") == ["xmp"]
    assert said in ({}, {"xmp": {"creator_tool": "Lightroom 13"}})


def record(number: int, text: bytes, part: int = 2) -> bytes:
    return b"\x1c" + struct.pack(">BBH", part, number, len(text)) + text


def iptc_of(*records: bytes) -> bytes:
    body = b"".join(records)
    other = b"8BIM\x03\xed\0\0" + struct.pack(">I", 3) + b"abc\0"
    named = b"8BIM\x04\x04\x03abc" + struct.pack(">I", len(body)) + body + b"\0" * (len(body) % 2)
    return written.jpeg_with(written.segment(0xED, b"Photoshop 3.0\0" + other + named))


def test_iptc_is_read(tmp_path):
    data = iptc_of(
        record(5, b"Katze"), record(25, b"cat"), record(25, "m\xf6\xf6n".encode("latin-1")), record(120, b"At night")
    )
    assert read(tmp_path, data)["data"] == {
        "iptc": {"title": "Katze", "keywords": ["cat", "möön"], "caption": "At night"}
    }


def test_iptc_names_its_encoding(tmp_path):
    data = iptc_of(record(90, b"\x1b%G", part=1), record(116, "© Ada".encode()))
    assert read(tmp_path, data)["data"] == {"iptc": {"copyright": "© Ada"}}


@pytest.mark.parametrize("records", [b"\x1c\2\5\xff\xff", b"\x1c\2", b"\0" * 9, b"\x1c\2\5\0\x09short"])
def test_damaged_iptc_refuses_nothing(tmp_path, records):
    assert set(read(tmp_path, iptc_of(records))["data"]) <= {"iptc", "unreadable"}
