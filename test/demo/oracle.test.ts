import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seattleWeather } from '../../scripts/demo/events.ts';
import { expectedAlerts } from './oracle.ts';

const csv = readFileSync(seattleWeather(), 'utf8');

describe('the oracle', () => {
  const { alerts, metrics, narrowest } = expectedAlerts(csv);

  it('expects a plausible handful of alerts, numbered in the order of the days', () => {
    expect(alerts.length).toBeGreaterThanOrEqual(20);
    expect(alerts.length).toBeLessThanOrEqual(60);
    expect(alerts.map(alert => alert.number)).toEqual(alerts.map((_, index) => index + 1));
    expect(alerts.map(alert => alert.subject)).toEqual(alerts.map(alert => alert.subject).toSorted());
  });

  it('finds the extremes that people in Seattle remember', () => {
    const days = new Map(alerts.map(alert => [alert.subject, alert.station]));
    expect(days.get('2014-02-06'), 'the frost of February 2014').toBe('cold');
    expect(days.get('2013-06-30'), 'the heat of June 2013').toBe('heat');
    expect(days.get('2015-12-08'), 'the flood of December 2015').toBe('flood');
  });

  it('has no decision near its threshold, so that rounding decides nothing', () => {
    expect(narrowest).toBeGreaterThan(1e-9);
  });

  it('counts every month of the four years, and every alert in its month', () => {
    expect(Object.keys(metrics)).toHaveLength(48);
    const total = (name: string) => Object.values(metrics).reduce((sum, month) => sum + month[name]!, 0);
    expect(total('days')).toBe(1461);
    expect(total('routed')).toBe(alerts.length);
  });

  it('changes its mind when the weather changes', () => {
    const tampered = csv.replace('2013-06-30,0.0,33.9,', '2013-06-30,0.0,23.9,');
    expect(tampered).not.toBe(csv);
    expect(expectedAlerts(tampered).alerts.map(alert => alert.subject)).not.toContain('2013-06-30');
  });
});
