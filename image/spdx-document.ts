import type { DebianPackage } from './debian-packages.ts';
import type { NpmPackage } from './npm-packages.ts';
import type { Software } from './software.ts';

/** The bill of materials, in SPDX 2.3: every package of the image, with the name by which scanners know it. Pure. */
export function spdxDocument(software: Software): unknown {
  const router = {
    ...described('egress-router', software.version, 'Apache-2.0'),
    SPDXID: 'SPDXRef-egress-router',
    primaryPackagePurpose: 'CONTAINER',
    ...(software.revision === undefined ? {} : { sourceInfo: `commit ${software.revision}` }),
  };
  const parts = [...software.debian.map(debianPart), ...[software.node, ...software.npm].map(npmPart)];
  const relationships = parts.map(({ SPDXID }) => ({
    spdxElementId: router.SPDXID,
    relationshipType: 'CONTAINS',
    relatedSpdxElement: SPDXID,
  }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `egress-router ${software.version}`,
    documentNamespace: `urn:egress-router:sbom:${software.version}:${software.revision ?? software.created}`,
    creationInfo: { created: isoTime(software.created), creators: ['Tool: egress-router-image'] },
    packages: [router, ...parts],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: router.SPDXID },
      ...relationships,
    ],
  };
}

/** A date as SPDX and OCI write it: to the second, in UTC. */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}

/** What the copyright file of a Debian package says fits no SPDX expression; the file is in the image. */
function debianPart({ name, version, architecture, source, sha256 }: DebianPackage) {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-12`;
  return {
    ...described(name, version, 'NOASSERTION'),
    SPDXID: `SPDXRef-deb-${idString(name)}`,
    supplier: 'Organization: Debian',
    sourceInfo: `built from the Debian source package ${source}`,
    checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }],
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  };
}

function npmPart({ name, version, license }: NpmPackage) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    ...described(name, version, license),
    // A package may be there in two versions.
    SPDXID: `SPDXRef-npm-${idString(`${name}-${version}`)}`,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  };
}

function described(name: string, version: string, license: string) {
  return {
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: license,
    copyrightText: 'NOASSERTION',
  };
}

/** SPDX 2.3, 7.2: letters, digits, `.` and `-`. */
function idString(name: string): string {
  return name.replaceAll('+', 'plus').replaceAll(/[^A-Za-z0-9.-]/g, '-');
}
