// Writes the scripts of the sidebar's HTML partials as files that the type checker reads, each on its own lines.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const [from, to] = process.argv.slice(2);
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const name of readdirSync(from).filter((one) => one.endsWith('.html'))) {
  const html = readFileSync(`${from}/${name}`, 'utf8');
  let isScript = false;
  const lines = html.split('\n').map((line) => {
    if (line.trim() === '</script>') isScript = false;
    const kept = isScript ? line : '';
    if (line.trim() === '<script>') isScript = true;
    return kept;
  });
  if (lines.some(Boolean)) writeFileSync(`${to}/${name.replace('.html', '.js')}`, lines.join('\n'));
}
