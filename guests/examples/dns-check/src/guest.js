import { resolve } from './bindings/imports/dns.js';

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const MAX_NAME = 253;

/** What is thrown is the error of the result. */
function fail(tag, val) {
  throw { tag, val };
}

function checkName(name) {
  const plain = name.replace(/\.$/, '');
  if (plain.length > MAX_NAME || !plain.split('.').every((label) => LABEL.test(label))) fail('invalid-name', name.slice(0, MAX_NAME));
  return plain;
}

/** The records of a kind, without the aliases that lead to them. */
function ask(name, kind) {
  try {
    return resolve(name, kind, null).records.filter((record) => record.kind === kind);
  } catch (error) {
    // Errors of imports are thrown with the error of their result in `payload`.
    const cause = error.payload ?? error;
    switch (cause.tag) {
      case 'network':
        // That there is no such name is an answer, too.
        if (cause.val === 'name-unresolved') return [];
        return fail('failed', 'no name server answered');
      case 'not-found': return [];
      case 'denied': return fail('denied', cause.val);
      case 'invalid': return fail('invalid-name', cause.val);
      case 'timeout': return fail('failed', 'it took too long');
      default: return fail('failed', String(cause.val ?? cause.tag ?? cause));
    }
  }
}

/** Names end with a dot or not, and mean the same in upper and lower case; texts mean what they say. */
function normalize(value, kind) {
  return kind === 'txt' || kind === 'caa' ? value : value.toLowerCase().replace(/\.$/, '');
}

function policy(text) {
  return /(?:^|;)\s*p\s*=\s*(none|quarantine|reject)\b/i.exec(text)?.[1].toLowerCase();
}

function mailHosts(domain, problems) {
  const exchanges = ask(domain, 'mx').map(({ value }) => {
    const [preference, host] = value.split(' ');
    return { preference: Number(preference), host: normalize(host ?? '', 'mx') };
  });
  // RFC 7505: one record with an empty name says that there is no mail.
  if (exchanges.length === 1 && exchanges[0].host === '') return [];
  if (exchanges.length === 0) problems.push('no MX records: mail goes to the address of the domain itself, if it has one');
  const order = exchanges.filter(({ host }) => host !== '').sort((left, right) => left.preference - right.preference || (left.host < right.host ? -1 : 1));
  return order.map(({ host }) => host);
}

export const checks = {
  find(name, kind) {
    const records = ask(checkName(name), kind);
    return {
      values: records.map(({ value }) => value).sort(),
      ttl: records.length === 0 ? null : Math.min(...records.map(({ ttl }) => ttl)),
    };
  },

  compare(name, kind, expected) {
    const found = new Set(ask(checkName(name), kind).map(({ value }) => normalize(value, kind)));
    const wanted = new Set(expected.map((value) => normalize(value, kind)));
    return {
      missing: [...wanted].filter((value) => !found.has(value)).sort(),
      unexpected: [...found].filter((value) => !wanted.has(value)).sort(),
    };
  },

  checkMail(domain) {
    const name = checkName(domain);
    const problems = [];
    const hosts = mailHosts(name, problems);
    const senders = ask(name, 'txt').map(({ value }) => value).filter((value) => /^v=spf1(?: |$)/i.test(value));
    if (senders.length === 0) problems.push('no SPF record: anybody may send its mail');
    if (senders.length > 1) problems.push('several SPF records: receivers take none of them');
    if (senders.some((value) => /\+all\b/i.test(value))) problems.push('SPF allows everybody (+all)');
    const policies = ask(`_dmarc.${name}`, 'txt').map(({ value }) => value).filter((value) => /^v=DMARC1\b/i.test(value));
    const dmarc = policies.length === 1 ? policy(policies[0]) : undefined;
    if (dmarc === undefined) problems.push('no DMARC policy: receivers do with forged mail as they like');
    if (dmarc === 'none') problems.push('the DMARC policy is none: forged mail is delivered');
    return { hosts, spf: senders[0] ?? null, dmarc: dmarc ?? null, problems };
  },
};
