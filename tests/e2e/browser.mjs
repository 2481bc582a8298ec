// Finds a Chromium: on PATH, else the one packed in @sparticuz/chromium with the libraries and fonts it brings along, so that a
// machine without any system package will do.
import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
// Nothing but the page under test is fetched.
const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-default-apps',
];
const HOME = fileURLToPath(new URL('node_modules/.chromium', import.meta.url));
const FONTS = join(HOME, 'fonts.conf');

function onPath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      try {
        const file = join(folder, name);
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

// Into node_modules, where `npm ci` removes it with the package; the file that is written last says that all of it is there.
async function unpack() {
  if (existsSync(FONTS)) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`no Chromium on PATH, and none is packed for ${process.platform} ${process.arch}: install one of ${NAMES.join(', ')}`);
  }
  const { inflate } = await import('@sparticuz/chromium');
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME);
  const kept = process.env.TMPDIR;
  process.env.TMPDIR = HOME; // where the package unpacks to
  for (const name of ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']) {
    await inflate(fileURLToPath(new URL(`../../bin/${name}`, import.meta.resolve('@sparticuz/chromium'))));
  }
  if (kept === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = kept;
  writeFileSync(FONTS, `<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${join(HOME, 'fonts')}</dir>
  <cachedir>${join(HOME, 'font-cache')}</cachedir>
</fontconfig>
`);
}

export async function launch() {
  const found = onPath();
  if (found) return chromium.launch({ executablePath: found, args: QUIET });
  await unpack();
  const libraries = [join(HOME, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return chromium.launch({
    executablePath: join(HOME, 'chromium'),
    args: [...QUIET, '--no-zygote'],
    env: { ...process.env, FONTCONFIG_FILE: FONTS, LD_LIBRARY_PATH: libraries },
  });
}
