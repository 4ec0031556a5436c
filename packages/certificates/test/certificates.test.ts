import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  issue,
  KEY_KINDS,
  makeAuthority,
  makeSelfSigned,
  readCertificate,
  renewAuthority,
  revocationList,
} from "@nodetcd/certificates";

const NOW = Date.UTC(2026, 0, 1);
const validity = { now: NOW, days: 3650 };
const authority = await makeAuthority({ commonName: "test authority", validity });

describe("issue()", () => {
  test.each(KEY_KINDS.filter((kind) => kind !== "rsa-4096"))(
    "makes a certificate with a key of kind %s",
    async (keyKind) => {
      const hosts = ["localhost", "*.example.com", "127.0.0.1", "::1"];
      const { cert, key } = await issue(authority, {
        commonName: "m1",
        organizations: ["o"],
        hosts,
        usages: ["server", "client"],
        validity,
        keyKind,
      });
      const certificate = new X509Certificate(cert);
      expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
      expect(certificate.checkIssued(new X509Certificate(authority.cert))).toBe(true);
      expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
      expect(certificate.subject).toBe("O=o\nCN=m1");
      expect(certificate.subjectAltName).toBe(
        "DNS:localhost, DNS:*.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
      );
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
      expect(certificate.ca).toBe(false);
      expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(
        3650 * 86_400_000,
      );
    },
    30_000,
  );

  test("an authority with each kind of key signs", async () => {
    for (const keyKind of ["ecdsa-p384", "ed25519", "rsa-2048"] as const) {
      const other = await makeAuthority({ commonName: "other", validity, keyKind });
      const { cert } = await issue(other, {
        commonName: "",
        hosts: [],
        usages: ["client"],
        validity,
      });
      const { publicKey } = new X509Certificate(other.cert);
      expect(new X509Certificate(cert).verify(publicKey), keyKind).toBe(true);
    }
  });

  test.each([
    [{ hosts: ["a b"] }, "neither a host name nor an address"],
    [{ validity: { now: NOW, days: 0 } }, "1 to 36500 days"],
    [{ keyKind: "rsa-512" as "rsa-2048" }, "unknown kind of key"],
  ])("refuses %j", async (wrong, text) => {
    const options = { commonName: "x", hosts: [], usages: ["server" as const], validity };
    await expect(issue(authority, { ...options, ...wrong })).rejects.toThrow(text);
  });

  test("refuses an authority that is none, and one with another's key", async () => {
    const options = { commonName: "x", hosts: [], usages: ["server" as const], validity };
    const leaf = await issue(authority, options);
    await expect(issue(leaf, options)).rejects.toThrow("is not an authority");
    const mixed = { cert: authority.cert, key: leaf.key };
    await expect(issue(mixed, options)).rejects.toThrow("the key is not that of");
    const junk = { cert: "x", key: "y" };
    await expect(issue(junk, options)).rejects.toThrow("no certificate in PEM");
  });
});

test("readCertificate() reads what issue() was told", async () => {
  const options = {
    commonName: "m1",
    organizations: ["o"],
    hosts: ["db.example", "10.0.0.1"],
    usages: ["server", "client"] as const,
    keyKind: "ecdsa-p384" as const,
  };
  const { cert } = await issue(authority, { ...options, validity });
  const notAfter = NOW + 3650 * 86_400_000;
  expect(readCertificate(cert)).toMatchObject({ ...options, isAuthority: false, notAfter });
  expect(readCertificate(authority.cert)).toMatchObject({
    isAuthority: true,
    hosts: [],
    usages: [],
  });
  expect(() => readCertificate("x")).toThrow("no certificate in PEM");
});

test("renewAuthority() keeps name and key: what was signed stays good", async () => {
  const later = { now: NOW + 86_400_000, days: 10 };
  const renewed = await renewAuthority(authority, later);
  expect(renewed.key).toBe(authority.key);
  const { cert } = await issue(authority, {
    commonName: "x",
    hosts: [],
    usages: ["client"],
    validity,
  });
  const issuer = new X509Certificate(renewed.cert);
  expect(new X509Certificate(cert).checkIssued(issuer)).toBe(true);
  expect(new X509Certificate(cert).verify(issuer.publicKey)).toBe(true);
  expect(Date.parse(issuer.validTo)).toBe(NOW + 11 * 86_400_000);
});

test.each(KEY_KINDS.filter((kind) => !kind.startsWith("rsa")))(
  "issue() gives a key %s as PKCS #8, which Java takes",
  async (keyKind) => {
    const options = { commonName: "x", hosts: [], usages: ["client" as const], validity, keyKind };
    expect((await issue(authority, options)).key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  },
);

test("makeSelfSigned() makes what etcd makes for --auto-tls", async () => {
  const { cert, key } = await makeSelfSigned({ hosts: ["127.0.0.1", "localhost"], validity });
  const certificate = new X509Certificate(cert);
  expect(certificate.subject).toBe("O=etcd");
  expect(certificate.issuer).toBe("O=etcd");
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp521r1");
  expect(key).toContain("-----BEGIN EC PRIVATE KEY-----");
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
});

test("revocationList() names the serial numbers in DER", async () => {
  const options = { commonName: "x", hosts: [], usages: ["client" as const], validity };
  const { cert } = await issue(authority, options);
  const list = await revocationList(authority, { certificates: [cert], validity });
  const { serialNumber } = new X509Certificate(cert);
  expect(Buffer.from(list).toString("hex")).toContain(serialNumber.toLowerCase());
  expect(list[0]).toBe(0x30);
});
