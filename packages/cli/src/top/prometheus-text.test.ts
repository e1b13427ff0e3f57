import { expect, test } from 'vitest';
import { parsePrometheusText } from './prometheus-text.ts';

test('the examples of the format itself', () => {
  const samples = parsePrometheusText(`
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

something_weird{problem="division by zero"} +Inf -3982045
http_request_duration_seconds_bucket{le="0.05"} 24054
not a line
half{ 1
nothing{}
`);
  expect([...samples.keys()]).toEqual([
    'http_requests_total',
    'msdos_file_access_time_seconds',
    'metric_without_timestamp_and_labels',
    'something_weird',
    'http_request_duration_seconds_bucket',
  ]);
  expect(samples.get('http_requests_total')).toEqual([
    {
      labels: new Map([
        ['method', 'post'],
        ['code', '200'],
      ]),
      value: 1_027,
    },
    {
      labels: new Map([
        ['method', 'post'],
        ['code', '400'],
      ]),
      value: 3,
    },
  ]);
  expect(samples.get('msdos_file_access_time_seconds')?.[0]?.labels).toEqual(
    new Map([
      ['path', 'C:\\DIR\\FILE.TXT'],
      ['error', 'Cannot find file:\n"FILE.TXT"'],
    ]),
  );
  expect(samples.get('metric_without_timestamp_and_labels')).toEqual([{ labels: new Map(), value: 12.47 }]);
  expect(samples.get('something_weird')?.[0]?.value).toBe(Number.POSITIVE_INFINITY);
});
