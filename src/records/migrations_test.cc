#include "records/migrations.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "fs/testing/temp_folder.h"
#include "records/sqlite_database.h"

namespace lotmark::records::sqlite {
namespace {

constexpr UtcTime kNow{};

// Every object of the schema, with white space and comments as they do not matter.
std::vector<std::string> SchemaOf(Connection& connection) {
  std::vector<std::string> objects;
  auto statement = connection.Prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
  EXPECT_TRUE(statement);
  EXPECT_TRUE(statement->Query([&](Columns& row) {
    const std::string object = row.Text() + " " + row.Text() + " on " + row.Text() + ": ";
    const std::string sql = std::regex_replace(row.Text(), std::regex("--[^\n]*"), "");
    objects.push_back(object + std::regex_replace(sql, std::regex("\\s+"), " "));
    return Ok();
  }));
  return objects;
}

class Migrations : public ::testing::Test {
 protected:
  Connection OpenFile(const std::string& name = "records.db") {
    std::ofstream(folder_.PathOf(name), std::ios::app);
    return std::move(Connection::Open(folder_.PathOf(name), {})).value();
  }

  fs::TempFolder folder_;
};

TEST_F(Migrations, InOrderGiveTheDocumentedSchema) {
  std::ifstream file(LOTMARK_SOURCE_DIR "/doc/schema/sqlite.sql");
  const std::string documented_sql{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(documented_sql.empty());
  auto documented = OpenFile("documented.db");
  const Status executed = documented.Execute(documented_sql, "schema file");
  ASSERT_TRUE(executed) << executed.error().text;

  auto migrated = OpenFile();
  ASSERT_TRUE(Migrate(migrated, AllMigrations(), kNow));
  EXPECT_EQ(SchemaOf(migrated), SchemaOf(documented));
}

TEST_F(Migrations, LeadFromEachAgeToTheNewest) {
  auto fresh = OpenFile("fresh.db");
  ASSERT_TRUE(Migrate(fresh, AllMigrations(), kNow));
  for (size_t age = 0; age <= AllMigrations().size(); ++age) {
    const std::string name = std::to_string(age) + ".db";
    auto old = OpenFile(name);
    ASSERT_TRUE(Migrate(old, AllMigrations().first(age), kNow));
    EXPECT_EQ(SchemaVersion(old, AllMigrations()).value(), age);
    const auto opened = OpenSqliteDatabase(folder_.PathOf(name), {});
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_TRUE((*opened)->ListClassifications(1));
    EXPECT_EQ(SchemaOf(old), SchemaOf(fresh));
  }
}

constexpr std::string_view kLog = "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name, applied_at)";
constexpr Migration kThree[] = {{"log", kLog}, {"one", "CREATE TABLE one (a)"}, {"two", "CREATE TABLE two (a)"}};

TEST_F(Migrations, ApplyOnlyWhatIsMissingAndNoteIt) {
  auto connection = OpenFile();
  ASSERT_TRUE(Migrate(connection, std::span(kThree).first(2), kNow));
  EXPECT_EQ(SchemaVersion(connection, kThree).value(), 2u);
  ASSERT_TRUE(Migrate(connection, kThree, kNow + std::chrono::hours(1)));
  ASSERT_TRUE(Migrate(connection, kThree, kNow + std::chrono::hours(2)));
  EXPECT_EQ(connection.QueryText("SELECT group_concat(version || name) FROM schema_migrations").value(),
            "1log,2one,3two");
  EXPECT_EQ(connection.QueryText("SELECT applied_at FROM schema_migrations WHERE version = 3").value(),
            "1970-01-01T01:00:00.000000Z");
}

TEST_F(Migrations, ThatFailLeaveEverythingAsItWas) {
  auto connection = OpenFile();
  ASSERT_TRUE(Migrate(connection, std::span(kThree).first(1), kNow));
  const auto before = SchemaOf(connection);
  const Migration broken[] = {kThree[0], kThree[1], {"broken", "CREATE TABLE three (a); CREATE TABLE one (b)"}};
  const Status migrated = Migrate(connection, broken, kNow);
  ASSERT_FALSE(migrated);
  EXPECT_NE(migrated.error().text.find("migration 3 (broken)"), std::string::npos) << migrated.error().text;
  EXPECT_EQ(SchemaOf(connection), before);
  EXPECT_EQ(SchemaVersion(connection, kThree).value(), 1u);
  EXPECT_TRUE(Migrate(connection, kThree, kNow)) << "the connection is still of use";
}

TEST_F(Migrations, RefuseASchemaNewerThanTheProgram) {
  auto connection = OpenFile();
  ASSERT_TRUE(Migrate(connection, kThree, kNow));
  const Status older = Migrate(connection, std::span(kThree).first(2), kNow);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::kRefused);
}

}  // namespace
}  // namespace lotmark::records::sqlite
