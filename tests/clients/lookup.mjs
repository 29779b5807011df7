// Names under .localhost are this machine's, wherever the resolver does not know that (RFC 6761 section 6.3).
import dns from "node:dns";

const lookup = dns.lookup;
dns.lookup = (name, options, answer) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, options, answer);
