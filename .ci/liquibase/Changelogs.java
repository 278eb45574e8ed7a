// Holds changelogs against Liquibase. In: `update` or `rollback`, and a folder with changelogs and a file `list` of lines
// "connection string, tab, changelog". Out: each XML file is valid by the schemas in Liquibase's own jars, and each changelog is run,
// or taken back, by Liquibase; one line a changelog on stdout, "ok" or what is wrong with it.

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import liquibase.Scope;
import liquibase.command.CommandScope;
import liquibase.resource.DirectoryResourceAccessor;
import org.xml.sax.SAXException;

public class Changelogs {
    static final String[] SCHEMAS = {"www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd", "www.liquibase.org/xml/ns/mongodb/liquibase-mongodb-latest.xsd"};

    static Schema schema() throws IOException, SAXException {
        SchemaFactory factory = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI);
        factory.setProperty(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "jar,jar:file,file");
        Source[] sources = new Source[SCHEMAS.length];
        for (int i = 0; i < sources.length; i++) {
            URL url = Changelogs.class.getClassLoader().getResource(SCHEMAS[i]);
            sources[i] = new StreamSource(url.toExternalForm());
        }
        return factory.newSchema(sources);
    }

    static String run(String command, Path folder, String url, String changelog, Schema schema) {
        try {
            if (changelog.endsWith(".xml")) {
                schema.newValidator().validate(new StreamSource(folder.resolve(changelog).toFile()));
            }
            Scope.child(Map.of(Scope.Attr.resourceAccessor.name(), new DirectoryResourceAccessor(folder)), () -> {
                CommandScope scope = new CommandScope(command.equals("update") ? "update" : "rollbackCount");
                scope.addArgumentValue("url", url).addArgumentValue("changelogFile", changelog);
                if (!command.equals("update")) {
                    scope.addArgumentValue("count", 1);
                }
                scope.setOutput(java.io.OutputStream.nullOutputStream()).execute();
            });
            return "ok";
        } catch (Exception e) {
            return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
        }
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[1]);
        Schema schema = schema();
        for (String line : Files.readAllLines(folder.resolve("list"))) {
            String[] fields = line.split("\t");
            System.out.println("CHANGELOG " + fields[1] + ": " + run(args[0], folder, fields[0], fields[1], schema));
        }
    }
}
