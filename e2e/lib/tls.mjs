// A certificate for this machine's loopback names, its key, and the authority that alone vouches for it: see the README there.
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../crates/server/tests/tls/', import.meta.url));

export const CERTIFICATE = `${FOLDER}certificate.pem`;
export const KEY = `${FOLDER}key.pem`;
export const AUTHORITY = `${FOLDER}authority.pem`;
