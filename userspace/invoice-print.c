// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invoices: text, CSV in the FOCUS 1.2 columns, JSON
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "invoice-lines.h"
#include "report.h"

#define NANO		1000000000LL
#define ID_LEN		192
#define RESOURCE_LEN	(LEDGER_NAME_LEN + LEDGER_TIER_LEN + 1)
#define SENTENCE_LEN	320

static const char *account(const struct invoice_line *line)
{
	return line->consumer[0] ? line->consumer : "unassigned";
}

static void resource_id(const struct invoice_line *line, char out[ID_LEN])
{
	char hex[2 * LEDGER_UUID_LEN + 1];

	if (line->is_path) {
		snprintf(out, ID_LEN, "%s/%s", line->map_uuid[0] ? line->map_uuid : line->pool,
			 line->tier);
		return;
	}
	report_hex(line->pool_uuid, LEDGER_UUID_LEN, hex);
	snprintf(out, ID_LEN, "%s/%u/%u", hex, line->lun, line->instance);
}

/* as people call it */
static void resource_name(const struct invoice_line *line, char out[RESOURCE_LEN])
{
	if (line->is_path)
		snprintf(out, RESOURCE_LEN, "%s/%s", line->pool, line->tier);
	else
		snprintf(out, RESOURCE_LEN, "%s/%u", line->pool, line->lun);
}

static void line_numbers(const struct invoice_line *line, char priced[INVOICE_NUMBER],
			 char consumed[INVOICE_NUMBER], char price[INVOICE_NUMBER],
			 char cost[INVOICE_NUMBER])
{
	const struct invoice_meter *m = invoice_meter(line->meter);

	invoice_decimal(line->quantity, price_unit(line->meter), INVOICE_PLACES, priced);
	invoice_decimal(line->quantity, m->consumed_divisor, INVOICE_PLACES, consumed);
	invoice_decimal(line->nano, NANO, INVOICE_PLACES, price);
	invoice_money(line->micro, cost);
}

static const char *remark(const struct invoice_line *line)
{
	if (line->flags & LEDGER_FLAG_GAP)
		return "some usage was lost and is not billed";
	if (line->flags & (LEDGER_FLAG_SHARED | LEDGER_FLAG_CLOCK))
		return "hours shared out by time";
	return "";
}

static void text_line(FILE *f, const struct invoice_line *line)
{
	char priced[INVOICE_NUMBER], consumed[INVOICE_NUMBER], price[INVOICE_NUMBER];
	char cost[INVOICE_NUMBER], name[RESOURCE_LEN], where[LEDGER_TIER_LEN];
	const struct invoice_meter *m = invoice_meter(line->meter);

	line_numbers(line, priced, consumed, price, cost);
	resource_name(line, name);
	snprintf(where, sizeof(where), "%s", line->tier);
	if (line->is_path)
		snprintf(where, sizeof(where), "cost %u", line->cost);
	fprintf(f, "  %-20s %-10s %-18s %20s %-16s %16s %18s", name, where, m->what, priced,
		m->pricing_unit, price, cost);
	fprintf(f, "%s%s\n", *remark(line) ? "  # " : "", remark(line));
}

static void text_sum(FILE *f, const char *what, int64_t micro, const char *currency)
{
	char cost[INVOICE_NUMBER];

	invoice_money(micro, cost);
	fprintf(f, "  %-104s %18s %s\n", what, cost, currency);
}

void invoice_text(FILE *f, const struct invoice *v)
{
	char from[REPORT_TIME_LEN], to[REPORT_TIME_LEN];
	const struct invoice_line *line = v->line;
	int64_t sum = 0;

	report_time(v->request->from, from);
	report_time(v->request->to, to);
	fprintf(f, "%s\nInvoice for usage from %s to %s\nPrice plan %s, in %s\n",
		v->plan.issuer, from, to, v->plan.name, v->plan.currency);
	for (size_t i = 0; i < v->nr; i++, line++) {
		if (!i || strcmp(line->consumer, line[-1].consumer)) {
			sum = 0;
			fprintf(f, "\n%s\n  %-20s %-10s %-18s %20s %-16s %16s %18s\n",
				account(line), "LUN, path", "tier, cost", "meter", "quantity", "unit",
				"price", "amount");
		}
		text_line(f, line);
		sum += line->micro;
		if (i + 1 == v->nr || strcmp(line->consumer, line[1].consumer))
			text_sum(f, "sum", sum, v->plan.currency);
	}
	fputc('\n', f);
	text_sum(f, "total", v->total, v->plan.currency);
}

struct column {
	const char *name;
	const char *value;
};

static void tags_of(const struct invoice_line *line, char *out, size_t len)
{
	struct json_object *tags = json_object_new_object();

	char cost[16];

	snprintf(cost, sizeof(cost), "%u", line->cost);
	json_object_object_add(tags, line->is_path ? "path" : "tier",
			       json_object_new_string(line->tier));
	if (line->is_path)
		json_object_object_add(tags, "cost", json_object_new_string(cost));
	if (line->flags & LEDGER_FLAG_GAP)
		json_object_object_add(tags, "gap", json_object_new_string("true"));
	if (line->flags & (LEDGER_FLAG_SHARED | LEDGER_FLAG_CLOCK))
		json_object_object_add(tags, "shared", json_object_new_string("true"));
	snprintf(out, len, "%s",
		 json_object_to_json_string_ext(tags, JSON_C_TO_STRING_PLAIN));
	json_object_put(tags);
}

/* one line of the file; the header, if @names */
static void csv_row(FILE *f, const struct column *column, size_t nr, bool names)
{
	for (size_t i = 0; i < nr; i++) {
		if (i)
			fputc(',', f);
		report_cell(f, names ? column[i].name : column[i].value);
	}
	fputs("\r\n", f);
}

static void csv_line(FILE *f, const struct invoice *v, const struct invoice_line *line,
		     bool names)
{
	const struct invoice_meter *m = invoice_meter(line->meter);
	const struct price_plan *plan = &v->plan;
	char priced[INVOICE_NUMBER], consumed[INVOICE_NUMBER], price[INVOICE_NUMBER];
	char cost[INVOICE_NUMBER], id[ID_LEN], name[RESOURCE_LEN];
	char sku[LEDGER_TIER_LEN + 32], tags[160], what[SENTENCE_LEN];
	char from[REPORT_TIME_LEN], to[REPORT_TIME_LEN];
	char start[REPORT_TIME_LEN], end[REPORT_TIME_LEN];

	line_numbers(line, priced, consumed, price, cost);
	resource_id(line, id);
	tags_of(line, tags, sizeof(tags));
	resource_name(line, name);
	if (line->is_path) {
		snprintf(sku, sizeof(sku), "%s-cost-%u", m->sku, line->cost);
		snprintf(what, sizeof(what), "%s, cost %u, path %s", m->what, line->cost, name);
	} else {
		snprintf(sku, sizeof(sku), "%s-%s", line->tier, m->sku);
		snprintf(what, sizeof(what), "%s, tier %s, LUN %s", m->what, line->tier, name);
	}
	report_time(v->request->from, from);
	report_time(v->request->to, to);
	report_time(line->start, start);
	report_time(line->end, end);

	const struct column columns[] = {
		{ "BilledCost", cost },
		{ "EffectiveCost", cost },
		{ "ListCost", cost },
		{ "ContractedCost", cost },
		{ "BillingAccountId", account(line) },
		{ "BillingAccountName", account(line) },
		{ "BillingCurrency", plan->currency },
		{ "BillingPeriodStart", from },
		{ "BillingPeriodEnd", to },
		{ "ChargePeriodStart", start },
		{ "ChargePeriodEnd", end },
		{ "ChargeCategory", "Usage" },
		{ "ChargeClass", "" },
		{ "ChargeDescription", what },
		{ "ChargeFrequency", "Usage-Based" },
		{ "PricingQuantity", priced },
		{ "PricingUnit", m->pricing_unit },
		{ "ListUnitPrice", price },
		{ "ConsumedQuantity", consumed },
		{ "ConsumedUnit", m->consumed_unit },
		{ "ProviderName", plan->provider },
		{ "PublisherName", plan->publisher },
		{ "InvoiceIssuerName", plan->issuer },
		{ "ServiceCategory", "Storage" },
		{ "ServiceName", "dm-tier block storage" },
		{ "ResourceId", id },
		{ "ResourceName", name },
		{ "ResourceType", line->is_path ? "Path" : "LUN" },
		{ "SkuId", sku },
		{ "SkuMeter", m->sku },
		{ "SubAccountId", line->pool },
		{ "RegionId", plan->region },
		{ "Tags", tags },
	};
	csv_row(f, columns, sizeof(columns) / sizeof(columns[0]), names);
}

void invoice_csv(FILE *f, const struct invoice *v)
{
	static const struct invoice_line none;

	csv_line(f, v, &none, true);
	for (size_t i = 0; i < v->nr; i++)
		csv_line(f, v, &v->line[i], false);
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void json_resource(struct json_object *o, const struct invoice_line *line)
{
	add_text(o, "kind", line->is_path ? "path" : "lun");
	add_text(o, "consumer", line->consumer);
	if (line->is_path) {
		add_text(o, "map", line->pool);
		add_text(o, "path", line->tier);
		json_object_object_add(o, "cost", json_object_new_int64(line->cost));
		return;
	}
	add_text(o, "pool", line->pool);
	json_object_object_add(o, "lun", json_object_new_int64(line->lun));
	json_object_object_add(o, "instance", json_object_new_int64(line->instance));
	add_text(o, "tier", line->tier);
}

static struct json_object *json_line(const struct invoice_line *line)
{
	const struct invoice_meter *m = invoice_meter(line->meter);
	char priced[INVOICE_NUMBER], consumed[INVOICE_NUMBER], price[INVOICE_NUMBER];
	char cost[INVOICE_NUMBER], id[ID_LEN], when[REPORT_TIME_LEN];
	struct json_object *o = json_object_new_object();

	line_numbers(line, priced, consumed, price, cost);
	resource_id(line, id);
	json_resource(o, line);
	add_text(o, "resource", id);
	add_text(o, "meter", m->sku);
	report_time(line->start, when);
	add_text(o, "start", when);
	report_time(line->end, when);
	add_text(o, "end", when);
	/* as strings: a JSON number would go through a double at the reader's */
	add_text(o, "quantity", priced);
	add_text(o, "unit", m->pricing_unit);
	add_text(o, "consumed", consumed);
	add_text(o, "consumed_unit", m->consumed_unit);
	add_text(o, "price", price);
	add_text(o, "amount", cost);
	json_object_object_add(o, "amount_micro", json_object_new_int64(line->micro));
	json_object_object_add(o, "gap",
			       json_object_new_boolean(line->flags & LEDGER_FLAG_GAP));
	return o;
}

int invoice_json(FILE *f, const struct invoice *v)
{
	struct json_object *o = json_object_new_object(), *lines = json_object_new_array();
	char text[INVOICE_NUMBER], when[REPORT_TIME_LEN];

	if (!o || !lines) {
		json_object_put(o);
		json_object_put(lines);
		return -ENOMEM;
	}
	add_text(o, "issuer", v->plan.issuer);
	add_text(o, "plan", v->plan.name);
	add_text(o, "currency", v->plan.currency);
	report_time(v->request->from, when);
	add_text(o, "from", when);
	report_time(v->request->to, when);
	add_text(o, "to", when);
	for (size_t i = 0; i < v->nr; i++)
		json_object_array_add(lines, json_line(&v->line[i]));
	json_object_object_add(o, "lines", lines);
	invoice_money(v->total, text);
	add_text(o, "total", text);
	json_object_object_add(o, "total_micro", json_object_new_int64(v->total));
	fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return 0;
}
