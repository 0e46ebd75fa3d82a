// A request as the cases speak of it. The same view serves requests from the codec and requests that reached
// the scripted Prometheus; it runs in a browser too.

/** Decoded where encodings may differ, raw where the text itself counts. */
export function asSent({ method, scheme = null, authority = null, pathWithQuery, headers, body }) {
  const [path, ...query] = pathWithQuery.split('?');
  const isForm = headers['content-type']?.trim().toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false;
  const pairs = (text) => [...new URLSearchParams(`&${text}`)];
  return {
    method, scheme, authority, path, headers, body,
    'path-with-query': pathWithQuery,
    'query-params': pairs(query.join('?')),
    form: isForm ? pairs(body) : [],
  };
}
