package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const modulePath = "aidledger"

// A module is what the rules look at. All paths are relative to its root and use slashes.
type module struct {
	fset  *token.FileSet
	files []*goFile
	texts []textFile // Go files as well
	top   []string   // names of the files and directories at the root
}

type goFile struct {
	path   string
	dir    string
	test   bool
	lines  int
	syntax *ast.File
}

type textFile struct {
	path    string
	content string
}

// newModule parses the given files, path to content. A Go file that does not parse becomes a finding.
func newModule(contents map[string]string) (*module, []finding) {
	m := &module{fset: token.NewFileSet()}
	var broken []finding
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		content := contents[name]
		m.texts = append(m.texts, textFile{path: name, content: content})
		entry, _, _ := strings.Cut(name, "/")
		if !slices.Contains(m.top, entry) {
			m.top = append(m.top, entry)
		}
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			continue
		}
		syntax, err := parser.ParseFile(m.fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			broken = append(broken, finding{path: name, line: 1, what: err.Error()})
			continue
		}
		m.files = append(m.files, &goFile{
			path:   name,
			dir:    path.Dir(name),
			test:   strings.HasSuffix(name, "_test.go"),
			lines:  strings.Count(content, "\n"),
			syntax: syntax,
		})
	}
	return m, broken
}

// readModule reads every text file of the module around the working directory that .gitignore does not exclude.
func readModule(t *testing.T) map[string]string {
	t.Helper()
	root := moduleRoot(t)
	ignore, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	patterns := strings.Split(string(ignore), "\n")
	contents := map[string]string{}
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git" && !entry.IsDir():
			return nil // a linked working tree has a file that names the repository
		case entry.IsDir() && (name == ".git" || ignored(patterns, name+"/")):
			return fs.SkipDir
		case !entry.Type().IsRegular() || ignored(patterns, name):
			return nil
		}
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if !isText(content) {
			content = nil // The rule about the top level still sees its name.
		}
		contents[name] = string(content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

func isText(content []byte) bool {
	return utf8.Valid(content) && !slices.Contains(content, 0)
}

// ignored knows the forms of pattern that the .gitignore here uses: "/name" at the top, "name" anywhere, a final
// slash for directories, and stars within a name. A directory is asked for with a final slash.
func ignored(patterns []string, name string) bool {
	isDir := strings.HasSuffix(name, "/")
	name = strings.TrimSuffix(name, "/")
	for _, pattern := range patterns {
		if pattern == "" || strings.HasPrefix(pattern, "#") {
			continue
		}
		if strings.HasSuffix(pattern, "/") {
			if !isDir {
				continue
			}
			pattern = strings.TrimSuffix(pattern, "/")
		}
		subject := path.Base(name)
		if rooted, ok := strings.CutPrefix(pattern, "/"); ok {
			pattern, subject = rooted, name
		}
		if ok, err := path.Match(pattern, subject); err == nil && ok {
			return true
		}
	}
	return false
}

func TestIgnoredFollowsTheGitignoreHere(t *testing.T) {
	patterns := []string{"# a comment", "", "/.env", "/*.out", ".idea/", "*.swp"}
	for name, want := range map[string]bool{
		".env":          true,
		"docs/.env":     false,
		"cpu.out":       true,
		"docs/cpu.out":  false,
		".idea/":        true,
		"docs/.idea/":   true,
		".idea":         false,
		"a/b/.main.swp": true,
		"# a comment":   false,
		"README.md":     false,
	} {
		if got := ignored(patterns, name); got != want {
			t.Errorf("ignored(%q) = %t, want %t", name, got, want)
		}
	}
}

// inside reports whether the file is in the directory or below it.
func (f *goFile) inside(dir string) bool {
	return f.dir == dir || strings.HasPrefix(f.dir, dir+"/")
}

// room is the first directory on the way to the file.
func (f *goFile) room() string {
	room, _, _ := strings.Cut(f.path, "/")
	return room
}

// importName returns the name under which the file uses the package, or "" when it does not import it.
func (f *goFile) importName(importPath string) string {
	for _, spec := range f.syntax.Imports {
		if strings.Trim(spec.Path.Value, `"`) != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// uses returns where the file mentions one of the names of the package, called or not.
func (m *module) uses(f *goFile, importPath string, names ...string) []finding {
	local := f.importName(importPath)
	if local == "" {
		return nil
	}
	var found []finding
	for _, decl := range f.syntax.Decls {
		ast.Inspect(decl, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := selector.X.(*ast.Ident)
			if ok && pkg.Name == local && slices.Contains(names, selector.Sel.Name) {
				found = append(found, m.at(f, selector.Pos(), declName(decl), importPath+"."+selector.Sel.Name))
			}
			return true
		})
	}
	return found
}

// at makes a finding. The name is that of the declaration around it, for exceptions; it may be empty.
func (m *module) at(f *goFile, pos token.Pos, name, what string) finding {
	return finding{path: f.path, line: m.fset.Position(pos).Line, name: name, what: what}
}

// declName returns Name for a function or for the first name of other declarations, and Type.Name for a method.
func declName(decl ast.Decl) string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if receiver := receiverName(d); receiver != "" {
			return receiver + "." + d.Name.Name
		}
		return d.Name.Name
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				return s.Name.Name
			case *ast.ValueSpec:
				return s.Names[0].Name
			}
		}
	}
	return ""
}

// receiverName returns the name of a method's type without star and type parameters, and "" for a function.
func receiverName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
