import {expect, test} from 'vitest'
import {formatMetric, metricLongTitle, metricTitle} from '../../../src/pipeline/text/format-metric.js'

test.each([
  ['wer', 0.0732, 'WER', 'WER, word error rate', '7.32 %'],
  ['phones/per', 1.5, 'phones PER', 'phones PER, phone error rate', '150.00 %'],
  ['accuracy', null, 'Accuracy', 'Accuracy', 'n/a'],
  ['uar', 0.5, 'UAR', 'UAR, mean recall of the classes', '50.00 %'],
  ['perplexity', 12.3456, 'perplexity', 'perplexity', '12.35'],
  ['loss', 0, 'Loss', 'Loss', '0'],
  ['loss', undefined, 'Loss', 'Loss', 'n/a'],
  // No measure, though an object has a member of that name.
  ['constructor', 1e-7, 'constructor', 'constructor', '1.000e-7'],
  ['a"b\n`c` \\d', 1, 'a_b__c_ _d', 'a_b__c_ _d', '1.000'],
])('%j of %s', (metric, value, short, long, text) => {
  expect([metricTitle(metric), metricLongTitle(metric), formatMetric(metric, value)]).toEqual([short, long, text])
})
