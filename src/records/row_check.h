// What a row must satisfy before any database sees it.
//
// Why here and not only in the tables: rows of many requests share one transaction, and one bad row must not take its
// neighbours with it. *Invariant*: whatever passes here passes every CHECK of the tables, and what is stored is read
// back equal, bit for bit.
#pragma once

#include "base/result.h"
#include "records/row.h"

namespace lotmark::records {

constexpr size_t kMaxClasses = 10'000;

// kRefused names the column: text that is not UTF-8, holds NUL or is too long; a number that is not finite; as many
// probabilities as classes; top_class among the classes; a time between 1970 and 9999; and CheckReferences.
Status CheckRow(const ClassificationRow& row);

// As CheckRow for the texts and the time of an event.
Status CheckEvent(const ServiceEvent& event);

}  // namespace lotmark::records
