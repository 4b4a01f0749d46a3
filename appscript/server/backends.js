/** The way to a backend that Set up chose, and what it offers. */

const OFFER_KEY = 'offer';
const OFFER_SECONDS = 300;
const LARGEST_CACHED = 90000;

/** @returns {Backend} */
function backend() {
  const now = settings();
  if (now.mode === 'queue') return queueBackend();
  if (now.mode === 'http' && now.backend) return httpBackend(now.backend);
  throw new Problem('The sidebar has no judge yet.', 'Open Set up and say where it is.', 'setup');
}

/**
 * Judges and rubrics to choose from.
 * @param {boolean} isFresh Not from the cache.
 * @returns {Offer}
 */
function offered(isFresh) {
  const cache = CacheService.getScriptCache();
  const known = isFresh ? null : cache.get(OFFER_KEY);
  if (known) return offerOf(parsed(known));
  const offer = backend().offer();
  const text = JSON.stringify(offer);
  if (text.length <= LARGEST_CACHED) cache.put(OFFER_KEY, text, OFFER_SECONDS);
  return offer;
}

/** Forgets what was offered. */
function forgetOffer() {
  CacheService.getScriptCache().remove(OFFER_KEY);
}
