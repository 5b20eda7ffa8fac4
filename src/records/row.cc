#include "records/row.h"

#include <array>
#include <utility>

namespace lotmark::records {
namespace {

constexpr std::array<std::pair<Source, std::string_view>, 6> kSources{{{Source::kServer, "server"},
                                                                       {Source::kEdge, "edge"},
                                                                       {Source::kCli, "cli"},
                                                                       {Source::kOnDevice, "on_device"},
                                                                       {Source::kShadow, "shadow"},
                                                                       {Source::kTest, "test"}}};

constexpr std::array<std::pair<ServiceEventKind, std::string_view>, 6> kEventKinds{
    {{ServiceEventKind::kLoaded, "loaded"},
     {ServiceEventKind::kRefused, "refused"},
     {ServiceEventKind::kSwapped, "swapped"},
     {ServiceEventKind::kDrained, "drained"},
     {ServiceEventKind::kWithdrawn, "withdrawn"},
     {ServiceEventKind::kPermitted, "permitted"}}};

template <typename Table, typename Value>
std::string_view NameIn(const Table& table, Value value) {
  for (const auto& [entry, name] : table) {
    if (entry == value) return name;
  }
  return "";
}

template <typename Value, size_t kSize>
std::optional<Value> ValueIn(const std::array<std::pair<Value, std::string_view>, kSize>& table,
                             std::string_view name) {
  for (const auto& [value, entry] : table) {
    if (entry == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view SourceName(Source source) { return NameIn(kSources, source); }
std::optional<Source> ParseSource(std::string_view name) { return ValueIn(kSources, name); }

std::string_view ServiceEventKindName(ServiceEventKind kind) { return NameIn(kEventKinds, kind); }
std::optional<ServiceEventKind> ParseServiceEventKind(std::string_view name) { return ValueIn(kEventKinds, name); }

}  // namespace lotmark::records
