#include "records/database_url.h"

#include <gtest/gtest.h>

#include "records/database.h"

namespace lotmark::records {
namespace {

TEST(DatabaseUrl, TakesTheAbsolutePathLiterally) {
  EXPECT_EQ(ParseDatabaseUrl("sqlite:///var/lib/lotmark/records.db").value().path, "/var/lib/lotmark/records.db");
  EXPECT_EQ(ParseDatabaseUrl("sqlite:///a b/ü&=+.db").value().path, "/a b/ü&=+.db");
}

TEST(DatabaseUrl, RefusesEverythingElse) {
  for (const std::string url :
       {"", "/abs/path.db", "sqlite:", "sqlite:/abs.db", "sqlite://", "sqlite://relative.db", "sqlite:///",
        "sqlite:///folder/", "sqlite:///folder/.", "sqlite:///folder/..", "sqlite://host/a.db", "SQLITE:///a.db",
        "sqlite:///a.db?mode=ro", "sqlite:///a.db#x", "sqlite:///a%20b.db", "sqlite:///a\nb.db", "postgresql://host/db",
        "file:///a.db", "sqlite::memory:"}) {
    const auto parsed = ParseDatabaseUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kRefused);
    const auto opened = OpenDatabase(url, OpenMode::kCreateOrOpen);
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().code, ErrorCode::kRefused);
  }
  EXPECT_FALSE(ParseDatabaseUrl(std::string("sqlite:///a\0b.db", 16)));
}

}  // namespace
}  // namespace lotmark::records
